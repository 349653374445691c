package org.spiritlm.corpus;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.InputException;

/** The members of a tar archive that make one item, as they are found. */
final class TarItem {
  private final String archive;
  private final boolean untranscribed;
  private final String key;
  private AudioLocation.@Nullable Bytes audio;
  private @Nullable String text;
  private @Nullable JsonLine described;
  private @Nullable String wrong; // the first thing that was

  /**
   * Begins one.
   *
   * @param untranscribed whether it may lack a transcript
   * @param key the members' name; empty for none
   */
  TarItem(String archive, boolean untranscribed, String key) {
    this.archive = archive;
    this.untranscribed = untranscribed;
    this.key = key;
  }

  String key() {
    return key;
  }

  /** Notes what makes it unusable. */
  void fail(String reason) {
    wrong = wrong == null ? reason : wrong;
  }

  /** The recording's place in the archive. */
  void audio(long offset, long length) {
    if (audio != null) {
      fail("it has two recordings");
    }
    audio = new AudioLocation.Bytes(offset, length);
  }

  /** The transcript. */
  void text(byte[] bytes) {
    try {
      text = TextLines.decode(bytes, "its .txt").strip();
    } catch (InputException e) {
      fail(String.valueOf(e.getMessage()));
    }
  }

  /** What a manifest's line says, other keys are passed over. */
  void json(byte[] bytes) {
    try {
      String where = archive + ", " + key + ".json";
      described = new JsonLine(where, Json.parse(TextLines.decode(bytes, where), where));
    } catch (InputException e) {
      fail(String.valueOf(e.getMessage()));
    }
  }

  /** Hands it over, unless nothing was found. */
  void finish(CorpusListener listener) {
    AudioLocation location = audio == null ? null : new AudioLocation(archive, audio);
    if (audio == null && text == null && described == null && wrong == null) {
      return;
    }
    try {
      if (wrong != null) {
        throw new InputException(wrong);
      }
      if (location == null) {
        throw new InputException("there is no recording of this transcript in " + archive);
      }
      Utterance utterance = utterance(location);
      if (utterance.text() == null && !untranscribed) {
        throw new InputException(
            "has no transcript: no .txt, and no \"text\" in a .json, beside it in the archive");
      }
      listener.accept(utterance);
    } catch (InputException e) {
      listener.reject(new Rejection(key, location, String.valueOf(e.getMessage())));
    }
  }

  private Utterance utterance(AudioLocation location) {
    JsonLine json = described;
    if (json == null) {
      return Utterance.of(key, location, text);
    }
    ObjectNode line = Json.object();
    line.put("id", key).put("audio", location.toString());
    for (String name : List.of("start", "end", "text", "words", "speaker", "style", "split")) {
      if (json.object().hasNonNull(name)) {
        line.set(name, json.object().get(name));
      }
    }
    if (text != null) {
      line.put("text", text);
    }
    return Manifest.parse(new JsonLine(json.where(), line));
  }
}
