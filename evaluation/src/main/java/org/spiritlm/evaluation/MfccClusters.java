package org.spiritlm.evaluation;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.speech.KMeansTraining;
import org.spiritlm.training.speech.Mfcc;
import org.spiritlm.training.speech.SpeechSet;
import org.spiritlm.units.hubert.Quantizer;

/** Clusters of MFCC, as many as a model has units: what units of a trained encoder must surpass. */
final class MfccClusters {
  private static final long SEED = 0;
  private static final int BATCH_ROWS = 10_000;
  private static final int STEPS = 60;
  private static final int CHECKPOINT_EVERY = 10;

  private final Mfcc features = new Mfcc();
  private final SpeechSet speech;
  private final int units;
  private final Path run;
  private final Consumer<String> progress;
  private @Nullable Quantizer quantizer;
  private @Nullable InputException refusal;

  /**
   * They are made when they are first needed.
   *
   * @param speech what they are made of
   * @param run a directory for what is done so far, to go on with
   */
  MfccClusters(SpeechSet speech, int units, Path run, Consumer<String> progress) {
    this.speech = speech;
    this.units = units;
    this.run = run;
    this.progress = progress;
  }

  /**
   * The clusters nearest in time to the middles of a model's units.
   *
   * @param count number of units
   * @param rate units a second
   * @throws InputException if there is too little to make clusters of
   */
  int[] at(float[] samples, int count, double rate) {
    int[] all;
    try (Scope scope = Scope.open()) {
      all = quantizer().units(features.of(samples));
    }
    int[] nearest = new int[all.length == 0 ? 0 : count];
    for (int i = 0; i < nearest.length; i++) {
      double centre = (i + 0.5) / rate * Audio.SPEECH_RATE;
      long frame = Math.round((centre - features.firstCentre()) / features.stride());
      nearest[i] = all[(int) Math.max(0, Math.min(all.length - 1, frame))];
    }
    return nearest;
  }

  private Quantizer quantizer() {
    Quantizer made = quantizer;
    if (made == null) {
      made = make();
      quantizer = made;
    }
    return made;
  }

  private Quantizer make() {
    if (refusal != null) {
      throw refusal; // it would be the same again
    }
    Path file = run.resolve("quantizer.safetensors");
    if (!Files.exists(file)) {
      KMeansTraining.Options options =
          new KMeansTraining.Options(units, SEED, BATCH_ROWS, STEPS, CHECKPOINT_EVERY);
      try {
        progress.accept("clustering MFCC of " + speech.size() + " recordings");
        new KMeansTraining(speech, features, options, run, step -> {}).run();
      } catch (InputException e) {
        refusal = e;
        throw e;
      }
    }
    return Quantizer.load(Weights.of(SafetensorsFile.open(file)));
  }
}
