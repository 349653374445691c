package org.spiritlm.training.speech;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.hubert.KMeansQuantizer;
import org.spiritlm.units.hubert.Quantizer;

/** Features are Kaldi's; clusters are found, resumed exactly and read by the quantizer. */
final class KMeansTrainingTest {
  @TempDir private Path directory;

  @Test
  void coefficientsAreThoseOfKaldi() throws URISyntaxException {
    URL url = Objects.requireNonNull(getClass().getResource("/mfcc/expected.safetensors"));
    SafetensorsFile golden = SafetensorsFile.open(Path.of(url.toURI()));
    try (Scope scope = Scope.open()) {
      Tensor found = new Mfcc().of(Tensors.floats(golden.load("waveform")));
      Tensor expected = golden.load("mfcc");
      assertThat(Tensors.shape(found)).isEqualTo(Tensors.shape(expected));
      assertThat(Tensors.floats(found)).containsExactly(Tensors.floats(expected), within(2e-3f));
      assertThat(Tensors.shape(new Mfcc().of(new float[399]))).containsExactly(0, 39);
    }
  }

  private KMeansTraining.Options options(int units, int steps) {
    return new KMeansTraining.Options(units, 3, 500, steps, 2);
  }

  @Test
  void resumedEqualsUninterruptedAndIsReadByTheQuantizer() {
    SpeechSet speech = speech();
    List<Double> distances = new ArrayList<>();
    Path through = directory.resolve("through");
    KMeansTraining.Result result =
        new KMeansTraining(
                speech,
                new Mfcc(),
                options(12, 9),
                through,
                line -> distances.add(Double.valueOf(line.substring(line.lastIndexOf(' ')))))
            .run();
    assertThat(result.finished()).isTrue();
    assertThat(result.used()).isGreaterThanOrEqualTo(10);
    assertThat(distances).hasSize(9);
    assertThat(result.distortion()).isLessThan(distances.get(0));
    Path stopped = directory.resolve("stopped");
    KMeansTraining[] first = new KMeansTraining[1];
    first[0] =
        new KMeansTraining(
            speech,
            new Mfcc(),
            options(12, 9),
            stopped,
            line -> {
              if (line.startsWith("step 5 ")) {
                first[0].stop();
              }
            });
    assertThat(first[0].run().finished()).isFalse();
    assertThat(stopped.resolve("quantizer.safetensors")).doesNotExist();
    List<String> lines = new ArrayList<>();
    new KMeansTraining(speech, new Mfcc(), options(12, 9), stopped, lines::add).run();
    assertThat(lines.get(0)).isEqualTo("going on from step 5");
    assertThat(stopped.resolve("quantizer.safetensors"))
        .hasSameBinaryContentAs(through.resolve("quantizer.safetensors"));
    Quantizer quantizer =
        Quantizer.load(Weights.of(SafetensorsFile.open(through.resolve("quantizer.safetensors"))));
    assertThat(quantizer).isInstanceOf(KMeansQuantizer.class);
    assertThat(quantizer.units()).isEqualTo(12);
    try (Scope scope = Scope.open()) {
      Tensor rows = new Mfcc().of(speech.samples(0));
      float[] centers =
          Tensors.floats(
              SafetensorsFile.open(through.resolve("quantizer.safetensors"))
                  .load("cluster_centers"));
      assertThat(quantizer.units(rows)).isEqualTo(nearest(Tensors.floats(rows), centers, 39));
    }
  }

  private static int[] nearest(float[] rows, float[] centers, int width) {
    int[] nearest = new int[rows.length / width];
    for (int row = 0; row < nearest.length; row++) {
      double least = Double.POSITIVE_INFINITY;
      for (int center = 0; center < centers.length / width; center++) {
        double square = 0;
        for (int i = 0; i < width; i++) {
          square += Math.pow(rows[row * width + i] - centers[center * width + i], 2);
        }
        if (square < least) {
          least = square;
          nearest[row] = center;
        }
      }
    }
    return nearest;
  }

  private SpeechSet speech() {
    Path manifest = ToneCorpus.write(directory, 12);
    return SpeechSet.read(AlignerTaskTest.settings(manifest).below("data")).training();
  }

  @Test
  void tooFewFramesAndBadFeaturesAreRefused() {
    SpeechSet speech = speech();
    KMeansTraining.Options many = new KMeansTraining.Options(100_000, 1, 60_000, 3, 1);
    assertThatThrownBy(
            () ->
                new KMeansTraining(speech, new Mfcc(), many, directory.resolve("a"), line -> {})
                    .run())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("too few for 100000 clusters");
    SpeechFeatures broken =
        new SpeechFeatures() {
          @Override
          public int width() {
            return 2;
          }

          @Override
          public int stride() {
            return 160;
          }

          @Override
          public double firstCentre() {
            return 0;
          }

          @Override
          public Tensor of(float[] samples) {
            return Tensors.of(new float[] {1, Float.NaN}, 1, 2);
          }
        };
    assertThatThrownBy(
            () ->
                new KMeansTraining(speech, broken, options(2, 3), directory.resolve("b"), l -> {})
                    .run())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no finite numbers");
  }

  /** Blobs around the corners of a square; one cluster begins where nothing ever is. */
  @Test
  void clustersThatSeeNothingBeginAnew() {
    Random random = new Random(1);
    float[] points = new float[800];
    for (int i = 0; i < 400; i++) {
      points[2 * i] = (float) (10 * (i % 2) + 0.1 * random.nextGaussian());
      points[2 * i + 1] = (float) (10 * (i / 2 % 2) + 0.1 * random.nextGaussian());
    }
    float[] centers = {0, 0, 10, 5, 0, 10, 500, 500};
    SplittableRandom draws = new SplittableRandom(4);
    try (Scope scope = Scope.open();
        Clusters clusters =
            new Clusters(
                Scope.detach(Tensors.of(centers, 4, 2)),
                Scope.detach(Tensors.zeros(DType.F32, 4)))) {
      Tensor rows = Tensors.of(points, 400, 2);
      clusters.learn(rows, true, draws);
      double last = 0;
      for (int i = 0; i < 200; i++) {
        last = clusters.learn(rows, false, draws);
      }
      assertThat(last).isLessThan(1);
    }
  }

  @Test
  void beginsWithRowsThatAreFarFromEachOther() {
    float[] points = new float[200];
    for (int i = 0; i < points.length; i++) {
      points[i] = 100 * (i % 5) + 0.001f * i;
    }
    try (Scope scope = Scope.open();
        Clusters clusters =
            Clusters.begin(Tensors.of(points, 200, 1), 5, new SplittableRandom(1))) {
      List<Integer> found = new ArrayList<>();
      for (float center : Tensors.floats(clusters.centers())) {
        found.add(Math.round(center / 100));
      }
      assertThat(found).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
    }
  }
}
