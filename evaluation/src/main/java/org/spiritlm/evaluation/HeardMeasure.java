package org.spiritlm.evaluation;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;

/** A measure that makes speech, which an independent recogniser then hears. */
abstract class HeardMeasure extends ItemMeasure {
  private final SpeechFiles files;
  private final Hearing hearing;
  private final String title;

  /**
   * What is heard.
   *
   * @param transcripts what the recogniser wrote
   * @param english whether it is English
   */
  record Hearing(Transcripts transcripts, boolean english) {}

  HeardMeasure(String kind, String title, List<Item> items, SpeechFiles files, Hearing hearing) {
    super(kind, items);
    this.files = files;
    this.title = title;
    this.hearing = hearing;
  }

  /** Keeps the speech that was made of an item. */
  final void keep(Item item, Audio audio) {
    files.write(name(), item, audio);
  }

  /** What is beside the two error rates of what was heard. */
  abstract Figure beside(Figure figure, Quality quality);

  @Override
  public void conclude(Results results, Quality quality) {
    ErrorRates rates = new ErrorRates(hearing.english());
    int unheard = 0;
    int silent = 0;
    for (Item item : items()) {
      if (!item.hasText()) {
        continue;
      }
      boolean isSilent = Results.failed(results.of(name(), item.id()));
      @Nullable String heard =
          isSilent
              ? ""
              : hearing.transcripts().of(SpeechFiles.name(name(), item), files.file(name(), item));
      silent += isSilent ? 1 : 0;
      if (heard == null) {
        unheard++;
      } else {
        rates.add(item.text(), heard);
      }
    }
    String whole = title + ", as a recogniser hears it";
    Figure words = rates.words(name() + ".wer", whole);
    Figure characters = rates.characters(name() + ".cer", whole);
    if (unheard > 0) {
      String why = "transcripts of " + unheard + " recordings are missing";
      words = Figure.missing(words.name(), words.title(), words.form(), why);
      characters = Figure.missing(characters.name(), characters.title(), characters.form(), why);
    } else if (silent > 0) {
      words = words.withNote(silent + " without any speech");
    }
    quality.add(beside(words, quality));
    quality.add(beside(characters, quality));
  }
}
