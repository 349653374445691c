package org.spiritlm.training.language;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;
import org.spiritlm.interleaving.IdBuffer;
import org.spiritlm.interleaving.SequenceTokens;
import org.spiritlm.interleaving.SpanLengths;
import org.spiritlm.interleaving.Strategy;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Part;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.shards.Permutation;
import org.spiritlm.shards.SamplerOptions;
import org.spiritlm.shards.Shard;
import org.spiritlm.shards.ShardKind;
import org.spiritlm.shards.ShardSet;
import org.spiritlm.shards.StreamOptions;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;

/**
 * Sequences of training shards.
 *
 * @param shards what is learnt from
 * @param validation what is not learnt from, or null
 * @param sampling how sequences are made
 * @param batch what a step learns from
 */
record ShardData(
    Path shards, @Nullable Path validation, SamplerOptions sampling, ShardDocuments.Batch batch)
    implements LearningData {
  /** The key by which utterances and prompts are chosen among the held-out ones. */
  private static final long CHOICE = 1;

  /** What the names of streams begin with that take one modality of aligned utterances. */
  private static final String ALIGNED = "aligned_";

  /** Speech that has a text. */
  private static final List<ShardKind> WRITTEN = List.of(ShardKind.ALIGNED, ShardKind.TRANSCRIBED);

  /** The most tokens of a question beside its speech. */
  private static final int MARKERS = 4;

  /** Reads the settings. */
  static ShardData of(Settings settings, int length, int sequences, long seed) {
    Settings spans = settings.below("spans");
    SpanLengths paper = SpanLengths.PAPER;
    SpanLengths lengths =
        new SpanLengths(
            spans.positive("text_least", paper.textLeast()),
            spans.positive("text_most", paper.textMost()),
            spans.positive("speech_least", paper.speechLeast()),
            spans.positive("speech_most", paper.speechMost()));
    String validation = settings.text("validation", "");
    return new ShardData(
        Path.of(
            LanguageTraining.required(
                settings, "shards", "a directory that the command shards wrote")),
        validation.isEmpty() ? null : Path.of(validation),
        new SamplerOptions(length, seed, streams(settings.below("mix")), lengths, true),
        new ShardDocuments.Batch(sequences, settings.flag("apart", true)));
  }

  /**
   * The streams that have a weight: one for each strategy, by its name, and what is but spoken or
   * but written of aligned utterances.
   */
  private static List<StreamOptions> streams(Settings mix) {
    List<StreamOptions> streams = new ArrayList<>();
    for (Strategy strategy : Strategy.values()) {
      String name = strategy.name().toLowerCase(Locale.ROOT);
      double weight = mix.number(name, isOfThePaper(strategy) ? 1 : 0);
      add(name, kind(strategy), strategy, weight, streams);
    }
    for (Strategy strategy : List.of(Strategy.SPEECH, Strategy.TEXT)) {
      String name = ALIGNED + strategy.name().toLowerCase(Locale.ROOT);
      add(name, ShardKind.ALIGNED, strategy, mix.number(name, 0), streams);
    }
    return streams;
  }

  private static void add(
      String name, ShardKind kind, Strategy strategy, double weight, List<StreamOptions> streams) {
    if (weight > 0) {
      streams.add(new StreamOptions(name, kind, strategy, weight));
    }
  }

  private static boolean isOfThePaper(Strategy strategy) {
    return switch (strategy) {
      case INTERLEAVED, SPEECH, TEXT -> true;
      case UNIMODAL, WORDS, PAIRS -> false;
    };
  }

  private static ShardKind kind(Strategy strategy) {
    return switch (strategy) {
      case TEXT -> ShardKind.TEXT;
      case SPEECH -> ShardKind.SPEECH;
      case INTERLEAVED, UNIMODAL, WORDS, PAIRS -> ShardKind.ALIGNED;
    };
  }

  @Override
  public int length() {
    return sampling.length();
  }

  @Override
  public Opened open(SpiritLm model, ValidationOptions options) {
    ShardDocuments learnt = documents(shards, open(shards, model));
    Path heldOut = validation;
    if (heldOut == null) {
      return new Opened(learnt, null, 0, List.of(), null, List.of());
    }
    ShardSet set = open(heldOut, model);
    return new Opened(
        learnt,
        documents(heldOut, set),
        (options.sequences() + batch.sequences() - 1) / batch.sequences(),
        answered(set, model, options),
        null,
        prompts(set, model, options.samples()));
  }

  private static ShardSet open(Path directory, SpiritLm model) {
    ShardSet set = ShardSet.open(directory);
    SequenceTokens own =
        SequenceTokens.of(model.tokenizer(), model.vocabulary(), model.tokenLayout());
    if (!set.tokens().toJson().equals(own.toJson())) {
      set.close();
      throw new InputException(
          directory
              + ": was written for a model with other tokens than "
              + model.directory().path()
              + "; write shards with --model "
              + model.directory().path());
    }
    return set;
  }

  private ShardDocuments documents(Path directory, ShardSet set) {
    List<StreamOptions> there =
        sampling.streams().stream().filter(stream -> set.items(stream.kinds()) > 0).toList();
    if (there.isEmpty()) {
      throw new InputException(directory + ": has nothing of what 'mix' asks for");
    }
    List<String> notes =
        sampling.streams().stream()
            .filter(stream -> !there.contains(stream))
            .map(stream -> absent(directory, stream))
            .toList();
    return new ShardDocuments(
        set,
        new SamplerOptions(
            sampling.length(), sampling.seed(), there, sampling.lengths(), sampling.endTokens()),
        batch,
        notes);
  }

  private static String absent(Path directory, StreamOptions stream) {
    return switch (stream.kind()) {
      case SPEECH ->
          directory
              + " has no speech without words: mix."
              + stream.name()
              + " has no share (mix.aligned_speech takes speech alone of aligned utterances)";
      case TEXT ->
          directory
              + " has no text without speech (shards --text): mix."
              + stream.name()
              + " has no share (mix.aligned_text takes text alone of aligned utterances)";
      case ALIGNED, TRANSCRIBED ->
          directory + " has no aligned utterances: mix." + stream.name() + " has no share";
    };
  }

  /** So many items of some kinds, or all, chosen among all. */
  private static List<ShardSet.Item> some(ShardSet set, List<ShardKind> kinds, int count) {
    List<ShardSet.Item> items = new ArrayList<>();
    long there = set.items(kinds);
    for (long place = 0; place < Math.min(there, count); place++) {
      items.add(set.item(kinds, new Permutation(there, CHOICE).at(place)));
    }
    return items;
  }

  private List<Spoken> answered(ShardSet set, SpiritLm model, ValidationOptions options) {
    boolean learnt = sampling.streams().stream().anyMatch(s -> s.strategy() == Strategy.PAIRS);
    int standard = learnt ? ValidationOptions.UTTERANCES : 0;
    List<Spoken> answered = new ArrayList<>();
    for (ShardSet.Item item :
        some(set, WRITTEN, options.utterances() < 0 ? standard : options.utterances())) {
      Shard shard = item.shard();
      SpeechTokens speech = Spoken.tokens(model, shard.units(item.index()));
      String text = text(item, model, 1);
      boolean fits = speech.tokens().size() + MARKERS < length();
      if (fits && !text.isBlank() && !speech.tokens().isEmpty()) {
        answered.add(new Spoken(shard.name(item.index()), speech, text));
      }
    }
    return answered;
  }

  /** The first halves of items, to be continued in either modality in turns. */
  private static List<WrittenSamples.Asked> prompts(ShardSet set, SpiritLm model, int count) {
    List<WrittenSamples.Asked> prompts = new ArrayList<>();
    for (List<ShardKind> kinds :
        List.of(WRITTEN, List.of(ShardKind.SPEECH), List.of(ShardKind.TEXT))) {
      for (ShardSet.Item item : some(set, kinds, count - prompts.size())) {
        int number = prompts.size();
        boolean both = kinds.equals(WRITTEN);
        boolean text = kinds.contains(ShardKind.TEXT) || (both && number % 2 == 0);
        Part half =
            text ? new Part.Text(text(item, model, 2)) : new Part.Speech(speech(item, model));
        boolean other = both && number % 4 > 1;
        OutputModality output = text == other ? OutputModality.SPEECH : OutputModality.TEXT;
        prompts.add(
            new WrittenSamples.Asked(
                item.shard().name(item.index()), Prompt.of(List.of(half), output), output));
      }
    }
    return prompts;
  }

  /** The text of an item, or the first half of it where it is in two parts. */
  private static String text(ShardSet.Item item, SpiritLm model, int parts) {
    if (item.shard().kind() != ShardKind.ALIGNED) {
      IdBuffer ids = new IdBuffer();
      item.shard().text(item.index(), ids);
      int[] all = ids.toArray();
      return model.tokenizer().decode(Arrays.copyOf(all, (all.length + parts - 1) / parts));
    }
    List<String> words = item.shard().words(item.index());
    return String.join(" ", words.subList(0, (words.size() + parts - 1) / parts));
  }

  private static SpeechTokens speech(ShardSet.Item item, SpiritLm model) {
    SpeechTokens all = Spoken.tokens(model, item.shard().units(item.index()));
    return new SpeechTokens(all.tokens().subList(0, (all.tokens().size() + 1) / 2));
  }
}
