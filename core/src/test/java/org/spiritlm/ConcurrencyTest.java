package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.audio.Audio;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.vocoder.VoiceOptions;

/** Several threads that use one model get what each would get alone. */
class ConcurrencyTest {
  private static final int THREADS = 4;

  /** Each gives all that it found out, to be compared exactly. */
  private static final List<Function<SpiritLm, List<?>>> JOBS =
      List.of(
          model -> answer(model, "[Text]one two", GenerationOptions.text()),
          model -> answer(model, "[Text]one two", GenerationOptions.text().withSeed(5)),
          model -> answer(model, "[Speech][Hu9][Hu4]", GenerationOptions.speech()),
          model -> answer(model, "[Text]three", GenerationOptions.arbitrary()),
          model -> streamed(model, "[Text]four five", GenerationOptions.speech()),
          model -> Arrays.stream(model.encode(tone()).hubert()).boxed().toList(),
          model ->
              samples(
                  model
                      .decode(
                          SpeechTokens.parse("[St5][Pi3][Hu9][Hu4][Hu3][Pi9][Hu77]"),
                          VoiceOptions.standard())
                      .audio()),
          model ->
              Arrays.stream(
                      model
                          .score(model.parse("[Text]one"), model.parse(" two three"))
                          .logProbabilities())
                  .boxed()
                  .toList());

  private static List<?> answer(SpiritLm model, String prompt, GenerationOptions options) {
    return contents(model.generate(model.parse(prompt), options.withMaxNewTokens(30)));
  }

  private static List<?> streamed(SpiritLm model, String prompt, GenerationOptions options) {
    Heard heard = new Heard();
    Generation answer = model.stream(model.parse(prompt), options.withMaxNewTokens(30), heard);
    heard.assertIsAll(answer);
    return contents(answer);
  }

  private static List<?> contents(Generation answer) {
    List<Object> contents = new ArrayList<>();
    Arrays.stream(answer.outputIds()).forEach(contents::add);
    for (Segment segment : answer.segments()) {
      if (segment instanceof Segment.Speech speech && speech.audio() != null) {
        contents.addAll(samples(speech.audio()));
      } else if (segment instanceof Segment.Text text) {
        contents.add(text);
      }
    }
    return contents;
  }

  private static List<Float> samples(Audio audio) {
    List<Float> samples = new ArrayList<>();
    for (float sample : audio.samples()) {
      samples.add(sample);
    }
    return samples;
  }

  private static Audio tone() {
    float[] samples = new float[8000];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) Math.sin(i * 0.07);
    }
    return new Audio(samples, Audio.SPEECH_RATE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "expressive"})
  void allGetWhatTheyWouldGetAlone(String variant) throws Exception {
    SpiritLm alone = FacadeModels.parity(variant);
    List<List<?>> expected = new ArrayList<>();
    JOBS.forEach(job -> expected.add(job.apply(alone)));
    SpiritLm shared = FacadeModels.load(variant); // so that they also meet while parts are loaded
    CyclicBarrier start = new CyclicBarrier(THREADS);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        int first = thread * 2;
        all.add(
            threads.submit(
                () -> {
                  start.await();
                  for (int i = 0; i < JOBS.size(); i++) {
                    int job = (first + i) % JOBS.size();
                    assertThat(JOBS.get(job).apply(shared).equals(expected.get(job)))
                        .as("job %d", job)
                        .isTrue();
                  }
                  return null;
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
