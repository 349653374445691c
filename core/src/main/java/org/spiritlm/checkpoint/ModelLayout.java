package org.spiritlm.checkpoint;

import java.nio.file.Path;
import java.util.Set;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.hubert.HubertConfig;
import org.spiritlm.units.hubert.Quantizer;
import org.spiritlm.units.pitch.PitchQuantizerConfig;
import org.spiritlm.units.style.StyleConfig;

/**
 * Where the parts of a model lie and how they are read; tensors have the names of our own layout
 * whatever the files call them.
 */
sealed interface ModelLayout permits OwnLayout, MetaLayout {
  /** The directory of the whole. */
  Path directory();

  Variant variant();

  /** The parts that are there. */
  Set<Part> parts();

  /** The files of a part, for its size and checksums. */
  Set<Path> files(Part part);

  /** A Hugging Face directory with configuration, weights and text tokenizer. */
  Path languageModel();

  HubertConfig hubertConfig();

  TensorSource hubert();

  TensorSource quantizer();

  /** The quantizer from {@link #quantizer}'s tensors, its sizes as this layout gives them. */
  Quantizer quantizer(Weights weights);

  FcpeFile pitchNetwork();

  PitchQuantizerConfig pitchQuantizerConfig();

  TensorSource pitchQuantizer();

  StyleConfig styleConfig();

  TensorSource style();

  /** A directory with the vocoder's configuration and lists of names. */
  Path vocoderDirectory();

  TensorSource vocoder();

  /** The directory of a CTC model of characters, see {@link org.spiritlm.alignment.Aligner}. */
  Path aligner();
}
