package org.spiritlm.app.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Gradients;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Torch;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TrainingTask;
import org.spiritlm.training.speech.TrainableEncoder;
import org.spiritlm.training.voice.VocoderTask;
import org.spiritlm.training.voice.VoiceItem;
import org.spiritlm.training.voice.VoiceItems;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.ConvolutionLayer;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.FeatureNorm;

/** Steps of training of the parts around the language model, at sizes for a laptop. */
public final class SpeechTrainingBenchmarks {
  private static final String UNIT = "seconds of audio/s";
  private static final int WAVEFORMS = 8;
  private static final int WAVEFORM_SECONDS = 5;

  /** HuBERT at 25 Hz, 6 million parameters. */
  private static final Wav2Vec2Config ENCODER =
      new Wav2Vec2Config(
          convolutions(), false, FeatureNorm.GROUP, true, 256, 6, 4, 1024, 64, 16, false, 1e-5);

  private SpeechTrainingBenchmarks() {}

  private static List<ConvolutionLayer> convolutions() {
    List<ConvolutionLayer> layers = new ArrayList<>();
    layers.add(new ConvolutionLayer(128, 10, 5));
    layers.addAll(Collections.nCopies(4, new ConvolutionLayer(128, 3, 2)));
    layers.addAll(Collections.nCopies(3, new ConvolutionLayer(128, 2, 2)));
    return layers;
  }

  /** Encoder and vocoder, in float32 and with products in bfloat16. */
  public static List<Benchmark> all(Device device) {
    List<Benchmark> all = new ArrayList<>();
    for (Torch.Precision precision : Torch.Precision.values()) {
      String type = precision == Torch.Precision.FULL ? "fp32" : "bf16";
      all.add(new Benchmark("train-hubert-" + type, UNIT, () -> encoder(device, precision)));
      all.add(new Benchmark("train-vocoder-" + type, UNIT, () -> vocoder(device, precision)));
    }
    return all;
  }

  /** The loss is the mean square of what the encoder gives. */
  private static Benchmark.Task encoder(Device device, Torch.Precision precision) {
    Weights weights = Weights.initialise(1).on(device).trained();
    TrainableEncoder encoder = new TrainableEncoder(weights, ENCODER, 1, false);
    AdamW optimiser = new AdamW(weights.taken(), new AdamW.Options(0.9, 0.999, 1e-8, 0.01));
    int length = WAVEFORM_SECONDS * Audio.SPEECH_RATE;
    float[] noise = noise(WAVEFORMS * length);
    return (round, clock) -> {
      Torch.precision(precision);
      Gradients.clear(weights.taken().values());
      try (Scope scope = Scope.open()) {
        List<Tensor> waveforms = List.of(Tensors.of(noise, WAVEFORMS, length));
        encoder.forward(waveforms, TrainableEncoder.Disturbance.none()).square().mean().backward();
      }
      Gradients.clip(weights.taken().values(), 1);
      optimiser.step(1e-4);
      Torch.precision(Torch.Precision.FULL);
      return WAVEFORMS * WAVEFORM_SECONDS;
    };
  }

  /** Generator and discriminators on 16 stretches of 14 frames. */
  private static Benchmark.Task vocoder(Device device, Torch.Precision precision) {
    Settings settings = Settings.none();
    for (String each :
        List.of("network.channels=128", "network.embedding=64", "discriminators.width=256")) {
      settings = settings.with(each);
    }
    VoiceItems items = new NoisyItems();
    TrainingTask task =
        VocoderTask.of(
            settings,
            device,
            items,
            VoiceItems.none(),
            Path.of("samples"),
            () -> samples -> new PitchContour(new float[0], new boolean[0]));
    List<AdamW> optimisers =
        task.groups().stream()
            .map(group -> new AdamW(group.parameters(), group.settings().adam()))
            .toList();
    return (round, clock) -> {
      Torch.precision(precision);
      task.draw();
      for (int i = 0; i < optimisers.size(); i++) {
        TrainingTask.Group group = task.groups().get(i);
        Gradients.clear(group.parameters().values());
        task.backward(group, 1);
        optimisers.get(i).step(2e-4);
      }
      Torch.precision(Torch.Precision.FULL);
      return (double) task.drawn() / Audio.SPEECH_RATE;
    };
  }

  private static float[] noise(int samples) {
    Random random = new Random(samples);
    float[] noise = new float[samples];
    for (int i = 0; i < samples; i++) {
      noise[i] = (float) (0.1 * random.nextGaussian());
    }
    return noise;
  }

  /** Recordings of noise with random units, two seconds each. */
  private static final class NoisyItems implements VoiceItems {
    private static final int SECONDS = 2;
    private static final int SAMPLES = SECONDS * Audio.SPEECH_RATE;

    @Override
    public int count() {
      return 16;
    }

    @Override
    public VoiceItem item(int index) {
      Random random = new Random(index);
      int[] units = random.ints(SECONDS * 25L, 0, 500).toArray();
      int[] pitch = random.ints((units.length + 1) / 2, 0, 64).toArray();
      int[] style = random.ints(SECONDS, 0, 100).toArray();
      SpeechUnits all = new SpeechUnits(units, pitch, style);
      return new VoiceItem("noise-" + index, all, SAMPLES, "speaker-" + index % 4, null);
    }

    @Override
    public float[] samples(int index) {
      return noise(SAMPLES);
    }
  }
}
