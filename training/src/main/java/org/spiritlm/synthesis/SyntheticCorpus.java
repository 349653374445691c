package org.spiritlm.synthesis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.OrderedWork;
import org.spiritlm.corpus.WriterLock;
import org.spiritlm.synthesis.Sentences.Sentence;
import org.spiritlm.torch.InputException;

/**
 * Speaks a file of sentences into a directory: recordings, a manifest with the times of words, and
 * the times of phones.
 *
 * <p>The text is done in blocks, each of which is there whole or not at all, so that work that was
 * interrupted goes on where it was. The result depends on the text and the recipe alone, and not on
 * the number of workers or interruptions.
 */
public final class SyntheticCorpus {
  /** Sentences that are done at once. */
  static final int BLOCK = 32;

  private final Path text;
  private final SynthesisRecipe recipe;
  private final CorpusFiles files;
  private final int workers;

  /**
   * Prepares the work.
   *
   * @param text a text in UTF-8 with one sentence a line
   * @param directory where the corpus is made; it need not exist
   * @param recipe the voices and styles
   * @param workers threads that speak, each of which needs about 20 MB
   * @throws InputException if there is no worker
   */
  public SyntheticCorpus(Path text, Path directory, SynthesisRecipe recipe, int workers) {
    if (workers < 1) {
      throw new InputException("the number of workers is " + workers + ", expected at least 1");
    }
    this.text = text;
    this.recipe = recipe;
    this.files = new CorpusFiles(directory);
    this.workers = workers;
  }

  /**
   * How far the work is.
   *
   * @param done sentences that are spoken or rejected
   * @param all all sentences of the text
   * @param seconds of audio that were made since the work began or went on
   */
  public record Progress(long done, long all, double seconds) {}

  /** What a block has become. */
  private record Done(long sentences, double seconds) {}

  /** Sentences that are done together. */
  private record Block(int number, List<Sentence> sentences) {}

  /**
   * Does what is not done yet.
   *
   * @param force whether another corpus that is there is thrown away
   * @param listener is told now and then, on this thread
   * @return what the corpus holds
   * @throws InputException if the text cannot be used, something else is in the directory, another
   *     process works on it, or it cannot be written
   */
  public SynthesisSummary make(boolean force, Consumer<Progress> listener) {
    Sentences.Content content = Sentences.scan(text);
    ObjectNode description = recipe.describe(content);
    try (WriterLock lock = files.begin(description, force)) {
      @Nullable SynthesisSummary finished = files.finished();
      if (finished != null) {
        return finished;
      }
      speakAll(content, listener);
      return files.finish(lock);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private InputException unwritable(IOException e) {
    return new InputException(
        "cannot write the corpus in "
            + files.directory()
            + ": "
            + e.getMessage()
            + "; what is done so far is kept, and the same command goes on with it",
        e);
  }

  private void speakAll(Sentences.Content content, Consumer<Progress> listener) throws IOException {
    ThreadLocal<Speaker> speakers = ThreadLocal.withInitial(() -> new Speaker(recipe, files));
    Told told = new Told(content.count(), listener);
    try (Sentences sentences = Sentences.open(text);
        OrderedWork<Block, Done> blocks =
            new OrderedWork<>(workers, block -> speak(block, speakers.get()), told::add)) {
      for (int number = 0; number * (long) BLOCK < content.count(); number++) {
        Block block = next(sentences, number);
        if (files.isDone(number)) {
          told.pass(block.sentences().size());
        } else {
          blocks.add(block);
        }
      }
      blocks.finish();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** How far it is, and who hears of it. */
  private static final class Told {
    private final long all;
    private final Consumer<Progress> listener;
    private long done;
    private double seconds;

    Told(long all, Consumer<Progress> listener) {
      this.all = all;
      this.listener = listener;
    }

    /** What an earlier run did. */
    void pass(int sentences) {
      done += sentences;
    }

    void add(Done one) {
      done += one.sentences();
      seconds += one.seconds();
      listener.accept(new Progress(done, all, seconds));
    }
  }

  private Block next(Sentences sentences, int number) {
    List<Sentence> list = new ArrayList<>();
    while (list.size() < BLOCK) {
      Sentence sentence = sentences.next();
      if (sentence == null) {
        break;
      }
      list.add(sentence);
    }
    return new Block(number, list);
  }

  private static Done speak(Block block, Speaker speaker) {
    try {
      double seconds = speaker.speak(block.number(), block.sentences());
      return new Done(block.sentences().size(), seconds);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
