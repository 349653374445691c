package org.spiritlm.training.voice;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.checkpoint.Directories;
import org.spiritlm.checkpoint.TrainedParts;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.style.StyleConfig;
import org.spiritlm.units.style.StyleNames;
import org.spiritlm.units.style.StyleTokenizer;

/**
 * Makes a style tokenizer of a style encoder and clusters of its features, and says how its tokens
 * are used.
 *
 * <p>The nearest of some centres is what a linear classifier has the highest score for, with the
 * centres as its weight and minus half of their squared lengths as its bias. So the tokenizer's
 * classifier gives the clusters themselves. Differs from the paper: there is nothing to distil.
 * Tokens are named by the styles of recordings that they are heard in.
 */
public final class StyleTokens {
  private static final String CENTERS = "cluster_centers";
  private static final String CONFIG = "config.json";

  private StyleTokens() {}

  /**
   * How tokens are used.
   *
   * @param tokens that were counted
   * @param inUse different ones
   * @param largestShare the share of the most frequent one
   * @param perplexity as many tokens used equally often would be as hard to guess
   * @param names of the tokens, by the styles of the recordings
   */
  public record Use(
      long tokens, int inUse, double largestShare, double perplexity, StyleNames names) {
    /**
     * Refuses a tokenizer that says next to nothing.
     *
     * @param least different tokens that must be in use
     * @param most the largest share that one may have
     * @throws InputException if it does not hold
     */
    public void require(int least, double most) {
      if (inUse < least || largestShare > most) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "the style tokens say too little: %d of them are in use (at least %d must be) and"
                    + " the most frequent one has %.0f %% of %d seconds (at most %.0f %%); train"
                    + " the encoder longer or with more styles, or cluster again",
                inUse,
                least,
                100 * largestShare,
                tokens,
                100 * most));
      }
    }
  }

  /**
   * Writes a tokenizer.
   *
   * @param encoder what {@link StyleTask} wrote
   * @param clusters the centres of {@link StyleFeatures}: a safetensors file with {@value #CENTERS}
   *     [K, P]
   * @param target a directory that does not exist or is empty
   * @throws CheckpointException if the centres are of other features
   */
  public static void write(Path encoder, Path clusters, Path target) {
    StyleConfig config = StyleConfig.read(ConfigFile.read(encoder.resolve(CONFIG)));
    SafetensorsFile file = SafetensorsFile.open(clusters);
    TensorInfo info = file.names().contains(CENTERS) ? file.info(CENTERS) : null;
    if (info == null
        || info.dimensions().length != 2
        || info.dimensions()[1] != config.projection()) {
      throw new CheckpointException(
          clusters
              + ": expected '"
              + CENTERS
              + "' of shape [K, "
              + config.projection()
              + "], found "
              + (info == null ? "none" : info.shape())
              + "; cluster the features of this encoder");
    }
    int count = Math.toIntExact(info.dimensions()[0]);
    try (Scope scope = Scope.open()) {
      Tensor centers = Weights.of(file).tensor(CENTERS, count, config.projection());
      Tensor lengths = centers.square().sum(new long[] {1}, false, new ScalarTypeOptional());
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      TensorSource source = TensorFiles.open(encoder);
      for (String name : source.names()) {
        tensors.put(name, Scope.detach(source.load(name)));
      }
      tensors.put("classifier.weight", centers);
      tensors.put("classifier.bias", Scope.detach(lengths.mul(Tensors.scalar(-0.5))));
      TrainedParts.writeStyle(target, config.withNames(StyleNames.unnamed(count)), tensors);
    }
  }

  /**
   * Counts the tokens of recordings.
   *
   * @param tokenizer the directory of a style tokenizer
   * @param items their sounds, of which so many are taken, evenly spread
   */
  public static Use use(Path tokenizer, VoiceItems items, int most, Device device) {
    StyleTokenizer style = StyleFeatures.tokenizer(tokenizer, device);
    CodeUse use = new CodeUse(style.config().styles());
    Map<String, CodeUse> byStyle = new TreeMap<>();
    int taken = Math.min(most, items.count());
    for (int i = 0; i < taken; i++) {
      int item = (int) ((long) i * items.count() / taken);
      float[] samples = items.samples(item);
      if (style.config().encoder().frames(samples.length) > 0) {
        int[] tokens = style.encode(samples);
        use.add(tokens);
        String label = items.item(item).style();
        if (label != null) {
          byStyle.computeIfAbsent(label, one -> new CodeUse(style.config().styles())).add(tokens);
        }
      }
    }
    Map<String, long[]> counts = new TreeMap<>();
    byStyle.forEach((label, of) -> counts.put(label, of.counts()));
    StyleNames names =
        counts.isEmpty() ? StyleNames.unnamed(style.config().styles()) : StyleNames.counted(counts);
    return new Use(use.all(), use.used(), use.largestShare(), use.perplexity(), names);
  }

  /**
   * Writes what tokens are called into a tokenizer's configuration.
   *
   * @throws InputException if it cannot be written
   */
  public static void name(Path tokenizer, StyleNames names) {
    Path file = tokenizer.resolve(CONFIG);
    ObjectNode config = ConfigFile.read(file).node();
    names.write(config);
    Directories.write(file, config.toPrettyString() + "\n");
  }
}
