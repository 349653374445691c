package org.spiritlm.checkpoint;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.RopeScaling;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.InputException;

/**
 * Sizes of a new model. All read 4096 tokens and turn positions with base 100,000, as SPIRIT LM is
 * trained (appendix A); the vocabulary is that of the tokenizer.
 */
@SuppressWarnings("ImmutableEnumChecker") // the records hold lists that nobody changes
public enum Preset {
  /** For tests and a first look: every part in at most 3 MB. */
  TOY("toy", DType.F32, SpeechSizes.TOY, llama(64, 2, 4, 2, 192, false)),

  /**
   * For training on a laptop: a language model of 10 million parameters, for which twenty tokens a
   * parameter are about a day on two cores. Rather wide than deep, since wide products use a
   * processor best; heads of 64 as in larger models; tied, since a second table would be nearly a
   * twentieth of it.
   */
  TINY("tiny", DType.F32, SpeechSizes.TINY, llama(320, 8, 5, 5, 864, true)),

  /** The sizes of TinyLlama 1.1B (Zhang et al., 2024), and SPIRIT LM's released speech parts. */
  ONE_BILLION("1b", DType.BF16, SpeechSizes.RELEASED, llama(2048, 22, 32, 4, 5632, false)),

  /** The sizes of the released model: Llama 2 7B (Touvron et al., 2023). */
  SEVEN_BILLION("7b", DType.BF16, SpeechSizes.RELEASED, llama(4096, 32, 32, 32, 11008, false));

  private static final int CONTEXT = 4096;
  private static final double ROPE_BASE = 100_000;

  private final String key;
  private final DType dtype;
  private final SpeechSizes speech;
  private final LlamaConfig languageModel;

  Preset(String key, DType dtype, SpeechSizes speech, LlamaConfig languageModel) {
    this.key = key;
    this.dtype = dtype;
    this.speech = speech;
    this.languageModel = languageModel;
  }

  /** Its name on the command line. */
  public String key() {
    return key;
  }

  /** The type of the language model's tensors where none is asked for. */
  public DType dtype() {
    return dtype;
  }

  /** The parts around the language model. */
  public SpeechSizes speech() {
    return speech;
  }

  /** The language model for a vocabulary of this size. */
  public LlamaConfig languageModel(int vocabulary) {
    return languageModel.withVocabulary(vocabulary);
  }

  /**
   * The preset of this name.
   *
   * @throws InputException if there is none
   */
  public static Preset of(String key) {
    return Arrays.stream(values())
        .filter(preset -> preset.key.equals(key))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "--preset '"
                        + key
                        + "' is unknown; expected "
                        + Arrays.stream(values())
                            .map(Preset::key)
                            .collect(Collectors.joining(", "))));
  }

  private static LlamaConfig llama(
      int width, int layers, int heads, int keyValueHeads, int feedForward, boolean tied) {
    return new LlamaConfig(
        1,
        width,
        layers,
        heads,
        keyValueHeads,
        width / heads,
        feedForward,
        1e-5,
        ROPE_BASE,
        new RopeScaling.None(),
        CONTEXT,
        tied,
        false,
        false);
  }
}
