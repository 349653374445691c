package org.spiritlm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.lm.Answer;
import org.spiritlm.lm.Continuer;
import org.spiritlm.lm.Request;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.InputException;
import org.spiritlm.vocoder.Vocoder;

/** One call for answers: from prompts to what the ids that continue them say. */
final class GenerationRun {
  private final Lazy<Continuer> continuer;
  private final GenerationOptions options;
  private final StyledVoice voice;
  private final long began;
  private final LoadTime load;
  private final TextTokenizer tokenizer;
  private final Vocabulary vocabulary;
  private final Set<Integer> ends;
  private final Set<Integer> endsAndStops = new HashSet<>();
  private final BitSet forbidden;
  private final @Nullable Vocoder vocoder; // that speaks
  private final @Nullable Vocoder durations; // that predicts them, where they are limited
  private final long mostFrames;

  /**
   * Loads what is needed but the language model.
   *
   * @param continuer makes the ids
   * @param began when the call did ({@link System#nanoTime})
   */
  GenerationRun(
      Parts parts,
      Lazy<Continuer> continuer,
      GenerationOptions options,
      long began,
      LoadTime load) {
    options.requireSense();
    this.continuer = continuer;
    this.options = options;
    this.began = began;
    this.load = load;
    this.tokenizer = load.of(parts.tokenizer);
    this.vocabulary = load.of(parts.vocabulary);
    this.ends = load.of(parts.ends);
    options.stopIds().forEach(this::requireKnown);
    endsAndStops.addAll(ends);
    endsAndStops.addAll(options.stopIds());
    this.forbidden =
        options.modalityMask() ? parts.forbidden(options.output(), endsAndStops) : new BitSet();
    boolean speech = options.output() != OutputModality.TEXT;
    this.voice = parts.voice(options.voice());
    if (speech) {
      voice.forbidOthers(forbidden, vocabulary);
      endsAndStops.forEach(forbidden::clear);
    }
    this.vocoder = speech && options.spoken() ? load.of(parts.vocoder) : null;
    if (vocoder != null) {
      vocoder.check(voice.voice());
    }
    if (speech && isLimited()) {
      Vocoder counting =
          parts.directory.parts().contains(Part.VOCODER) ? load.of(parts.vocoder) : null;
      this.durations =
          counting != null && counting.predictsDurations(voice.voice()) ? counting : null;
      double frameRate =
          counting == null
              ? load.of(parts.tokenLayout).hubertRate()
              : (double) counting.config().sampleRate() / counting.config().hop();
      this.mostFrames = (long) Math.ceil(options.maxSeconds() * frameRate);
    } else {
      this.durations = null;
      this.mostFrames = Long.MAX_VALUE;
    }
  }

  private void requireKnown(int stop) {
    if (stop >= vocabulary.padding().to()) {
      throw new InputException(
          "stop id "
              + stop
              + " is not in the model's vocabulary of "
              + vocabulary.padding().to()
              + " ids");
    }
  }

  private boolean isLimited() {
    return options.maxSeconds() != Double.POSITIVE_INFINITY;
  }

  /** A prompt with its ids. */
  @SuppressWarnings("ArrayRecordComponent") // never changed
  record Asked(Prompt prompt, int[] ids) {}

  /** A prompt to be answered. */
  Asked asked(Prompt prompt) {
    return new Asked(prompt, prompt.ids(tokenizer));
  }

  /** A prompt in ids, which are taken as they are. */
  Asked asked(int... ids) {
    return new Asked(new Prompt(tokenizer.decode(ids)), ids);
  }

  /** The answers to each prompt. */
  List<List<Generation>> answers(List<Asked> prompts) {
    return load.of(continuer).beside(() -> made(prompts));
  }

  private List<List<Generation>> made(List<Asked> prompts) {
    if (options.beams() > 1 && options.answers() > 1) {
      return searched(prompts);
    }
    List<Pending> all = new ArrayList<>();
    List<Request> requests = new ArrayList<>();
    for (Asked asked : prompts) {
      for (int i = 0; i < options.answers(); i++) {
        long seed = options.sampling().seed() + i;
        Pending pending = new Pending(asked, seed);
        all.add(pending);
        requests.add(request(asked.ids, seed, pending.reader::accept));
      }
    }
    List<Answer> answers = continued(requests);
    List<List<Generation>> generations = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      if (i % options.answers() == 0) {
        generations.add(new ArrayList<>());
      }
      generations
          .get(generations.size() - 1)
          .add(all.get(i).complete(answers.get(i), tokensPerSecond(answers, 0)));
    }
    return generations;
  }

  /** The likeliest answers to each prompt, as many as were asked for where there are so many. */
  private List<List<Generation>> searched(List<Asked> prompts) {
    long seed = options.sampling().seed();
    List<Answer> found =
        continued(prompts.stream().map(asked -> request(asked.ids, seed, id -> true)).toList());
    double tokensPerSecond = tokensPerSecond(found, 0);
    List<List<Generation>> generations = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      List<Generation> best = new ArrayList<>();
      for (Answer each : candidates(found.get(i))) {
        if (best.size() < options.answers()) {
          Pending pending = new Pending(prompts.get(i), seed + best.size());
          best.add(pending.complete(pending.cut(each), tokensPerSecond));
        }
      }
      generations.add(best);
    }
    return generations;
  }

  /** What beams found; of a search that nobody wanted to the end, what there is. */
  private static List<Answer> candidates(Answer answer) {
    return answer.candidates().isEmpty()
        ? List.of(answer)
        : answer.candidates().stream().map(each -> answer.with(each.ids(), each.reason())).toList();
  }

  /** The answer to one prompt, told to a listener while it is made. */
  Generation stream(Asked asked, GenerationListener listener) {
    if (options.answers() > 1) {
      throw new InputException(
          "one answer can be heard while it is made, and "
              + options.answers()
              + " are asked for; ask for one");
    }
    return load.of(continuer).beside(() -> heard(asked, listener));
  }

  private Generation heard(Asked asked, GenerationListener listener) {
    int[] ids = asked.ids;
    Voicing voicing = new Voicing(vocoder, voice, options, asked.prompt.lastSpeech());
    try (AnswerSpeaker speaker = new AnswerSpeaker(options.output(), voicing, listener)) {
      AnswerReader reader = reader(ids, speaker);
      IntPredicate goesOn = id -> reader.accept(id) && listener.goesOn();
      Answer answer = continued(List.of(request(ids, options.sampling().seed(), goesOn))).get(0);
      double whileDecoding = voicing.seconds();
      reader.finish();
      List<Segment> segments = speaker.finish();
      EndReason reason = reader.reason(answer.reason());
      Timings timings =
          timings(answer, voicing, whileDecoding, tokensPerSecond(List.of(answer), whileDecoding));
      listener.end(reason);
      return new Generation(
          asked.prompt.string(), ids, answer.reused(), answer.ids(), reason, segments, timings);
    }
  }

  private AnswerReader reader(int[] prompt, AnswerReader.Listener listener) {
    boolean counts = isLimited() && options.output() != OutputModality.TEXT;
    return new AnswerReader(
        tokenizer,
        vocabulary,
        prompt,
        options,
        ends,
        counts ? new SpeechLength(durations) : null,
        mostFrames,
        listener);
  }

  private Request request(int[] ids, long seed, IntPredicate listener) {
    return new Request(
        ids,
        options.sampling().withSeed(seed),
        options.maxNewTokens(),
        forbidden,
        endsAndStops,
        options.beams(),
        listener);
  }

  private List<Answer> continued(List<Request> requests) {
    return load.of(continuer).generate(requests);
  }

  /** Tokens after each answer's first, in the time that the longest took without speaking. */
  private static double tokensPerSecond(List<Answer> answers, double spoken) {
    double seconds = answers.stream().mapToDouble(Answer::decodeSeconds).max().orElse(0) - spoken;
    int tokens = answers.stream().mapToInt(answer -> answer.ids().length - 1).sum();
    return tokens > 0 && seconds > 0 ? tokens / seconds : 0;
  }

  private Timings timings(Answer answer, Voicing voicing, double spoken, double tokensPerSecond) {
    return new Timings(
        load.seconds(),
        answer.prefillSeconds(),
        Math.max(0, answer.decodeSeconds() - spoken),
        voicing.seconds(),
        tokensPerSecond,
        voicing.firstAudioSince(began));
  }

  /** An answer of which the ids are being made. */
  private final class Pending {
    private final Asked asked;
    private final long seed;
    private final AnswerCollector collector;
    private final AnswerReader reader;

    Pending(Asked asked, long seed) {
      this.asked = asked;
      this.seed = seed;
      this.collector = new AnswerCollector();
      this.reader = reader(asked.ids, collector);
    }

    /** Reads an answer that was made before, up to where it is to stop. */
    Answer cut(Answer answer) {
      int count = 0;
      boolean goesOn = true;
      while (goesOn && count < answer.ids().length) {
        goesOn = reader.accept(answer.ids()[count++]);
      }
      return answer.with(Arrays.copyOf(answer.ids(), count), answer.reason());
    }

    Generation complete(Answer answer, double tokensPerSecond) {
      reader.finish();
      Voicing voicing =
          new Voicing(vocoder, voice, options.withSeed(seed), asked.prompt.lastSpeech());
      List<Segment> segments = collector.segments(options.output(), voicing);
      return new Generation(
          asked.prompt.string(),
          asked.ids,
          answer.reused(),
          answer.ids(),
          reader.reason(answer.reason()),
          segments,
          timings(answer, voicing, 0, tokensPerSecond));
    }
  }
}
