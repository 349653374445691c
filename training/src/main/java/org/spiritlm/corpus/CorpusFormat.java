package org.spiritlm.corpus;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.spiritlm.torch.InputException;

/** The forms of corpora that can be read; docs/corpora.md describes each. */
public enum CorpusFormat {
  /** {@code SPEAKER/CHAPTER/*.flac} with {@code *.trans.txt}. */
  LIBRISPEECH,
  /** {@code metadata.csv} and {@code wavs/}. */
  LJSPEECH,
  /** {@code wav48*} and {@code txt/}. */
  VCTK,
  /** Tables and {@code clips/}. */
  COMMON_VOICE,
  /** Read speech and dialogues with styles. */
  EXPRESSO,
  /** Tar archives, read without unpacking. */
  WEBDATASET,
  /** One JSON object a line: see {@link Manifest}. */
  MANIFEST,
  /** Recordings with a {@code .txt} of the same name beside each. */
  FOLDER;

  /** As users write it: {@code common-voice}. */
  public String written() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The form of this name.
   *
   * @throws InputException naming those that there are
   */
  public static CorpusFormat parse(String name) {
    return Arrays.stream(values())
        .filter(format -> format.written().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "no corpus format '"
                        + name
                        + "'; known are "
                        + Arrays.stream(values())
                            .map(CorpusFormat::written)
                            .collect(Collectors.joining(", "))));
  }

  /**
   * The reader of this form.
   *
   * @param untranscribed whether recordings without a transcript are taken, too: the forms folder
   *     and webdataset can, and manifests always do
   * @throws InputException if they are asked for and this form cannot
   */
  public Corpus corpus(boolean untranscribed) {
    if (untranscribed && this != FOLDER && this != WEBDATASET && this != MANIFEST) {
      throw new InputException(
          "recordings without transcripts can be taken of the formats folder, webdataset and"
              + " manifest, not of "
              + written());
    }
    return switch (this) {
      case LIBRISPEECH -> new LibriSpeechCorpus();
      case LJSPEECH -> new LjSpeechCorpus();
      case VCTK -> new VctkCorpus();
      case COMMON_VOICE -> new CommonVoiceCorpus();
      case EXPRESSO -> new ExpressoCorpus();
      case WEBDATASET -> new WebDatasetCorpus(untranscribed);
      case MANIFEST -> new ManifestCorpus();
      case FOLDER -> new FolderCorpus(untranscribed);
    };
  }

  /**
   * The form of what lies here, by the files that only it has.
   *
   * @throws InputException if there is nothing, or nothing known
   */
  public static CorpusFormat recognise(Path source) {
    if (!Files.exists(source)) {
      throw new InputException(source + " does not exist");
    }
    return Files.isDirectory(source) ? ofDirectory(source) : ofFile(source);
  }

  private static CorpusFormat ofFile(Path file) {
    String name = AudioFiles.name(file);
    WebDatasetCorpus.refuseCompressed(file);
    if (name.endsWith(WebDatasetCorpus.ENDING)) {
      return WEBDATASET;
    } else if (name.endsWith(".jsonl")) {
      return MANIFEST;
    } else if (name.equals(LjSpeechCorpus.METADATA)) {
      return LJSPEECH;
    } else if (name.endsWith(".tsv")) {
      return COMMON_VOICE;
    }
    throw unknown(file);
  }

  private static CorpusFormat ofDirectory(Path source) {
    if (Files.isRegularFile(source.resolve(LjSpeechCorpus.METADATA))) {
      return LJSPEECH;
    } else if (Files.isRegularFile(source.resolve(ExpressoCorpus.TRANSCRIPTS))) {
      return EXPRESSO;
    } else if (Files.isDirectory(source.resolve(VctkCorpus.TEXT))
        && VctkCorpus.AUDIO.stream().anyMatch(name -> Files.isDirectory(source.resolve(name)))) {
      return VCTK;
    } else if (Files.isDirectory(source.resolve(CommonVoiceCorpus.CLIPS))
        && CommonVoiceCorpus.TABLES.stream()
            .anyMatch(name -> Files.isRegularFile(source.resolve(name + ".tsv")))) {
      return COMMON_VOICE;
    } else if (FileTree.holds(source, name -> name.endsWith(LibriSpeechCorpus.TRANSCRIPTS))) {
      return LIBRISPEECH;
    } else if (FileTree.holds(source, name -> name.endsWith(WebDatasetCorpus.ENDING))) {
      return WEBDATASET;
    } else if (FileTree.holds(source, AudioFiles::isAudio)) {
      return FOLDER;
    }
    throw unknown(source);
  }

  private static InputException unknown(Path source) {
    return new InputException(
        source
            + ": no known form of corpus is recognised there; name it with --format ("
            + Arrays.stream(values()).map(CorpusFormat::written).collect(Collectors.joining(", "))
            + ")");
  }
}
