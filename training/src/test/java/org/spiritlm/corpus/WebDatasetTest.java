package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.audio.AudioReader;

/** Recordings in tar archives are read where they lie, and equal those of a directory. */
class WebDatasetTest {
  @TempDir Path directory;

  @BeforeEach
  void begin() throws IOException {
    directory = directory.toRealPath();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] tar(Map<String, byte[]> members, int longNames) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
      tar.setLongFileMode(longNames);
      for (Map.Entry<String, byte[]> member : members.entrySet()) {
        TarArchiveEntry entry = new TarArchiveEntry(member.getKey());
        entry.setSize(member.getValue().length);
        tar.putArchiveEntry(entry);
        tar.write(member.getValue());
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {TarArchiveOutputStream.LONGFILE_POSIX, TarArchiveOutputStream.LONGFILE_GNU})
  void anArchiveReadsLikeItsDirectory(int longNames) throws IOException {
    String longName = "speech/" + "x".repeat(150);
    SmallFiles files = new SmallFiles(directory.resolve("plain"));
    Map<String, byte[]> members = new LinkedHashMap<>();
    for (String name : List.of("speech/a", "speech/bé", longName)) {
      byte[] wav = SmallFiles.wavBytes(name, 0.5 + name.length() * 0.01);
      files.bytes(name + ".wav", wav).text(name + ".txt", "Said " + name);
      members.put(name + ".wav", wav);
      members.put(name + ".txt", utf8("Said " + name));
    }
    Files.write(directory.resolve("000.tar"), tar(members, longNames));
    Collected plain = Collected.of(new FolderCorpus(false), directory.resolve("plain"));
    Collected packed = Collected.of(new WebDatasetCorpus(false), directory.resolve("000.tar"));
    assertThat(packed.rejections).isEmpty();
    assertThat(packed.ids()).isEqualTo(plain.ids()).hasSize(3);
    for (int i = 0; i < 3; i++) {
      Utterance one = packed.utterances.get(i);
      Utterance other = plain.utterances.get(i);
      assertThat(one.withAudio(other.audio())).isEqualTo(other);
      AudioLocation.Bytes bytes = one.audio().bytes();
      byte[] archive = Files.readAllBytes(directory.resolve("000.tar"));
      int from = (int) bytes.offset();
      assertThat(Arrays.copyOfRange(archive, from, from + (int) bytes.length()))
          .isEqualTo(Files.readAllBytes(Path.of(other.audio().file())));
      try (AudioReader inside = UtteranceAudio.open(one, directory);
          AudioReader outside = UtteranceAudio.open(other, directory)) {
        assertThat(inside.readAll().samples()).isEqualTo(outside.readAll().samples());
      }
    }
  }

  @Test
  void jsonDescribesAnItemAndBadOnesAreNamed() throws IOException {
    byte[] wav = SmallFiles.wavBytes("x", 1);
    Map<String, byte[]> members = new LinkedHashMap<>();
    members.put("./", new byte[0]);
    members.put(
        "full.json",
        utf8(
            "{\"text\":\"a cat\",\"speaker\":\"s\",\"style\":\"sad\",\"x\":1,"
                + "\"words\":[{\"w\":\"a\",\"start\":0.1,\"end\":0.2},{\"w\":\"cat\",\"start\":0.2,\"end\":0.5}]}"));
    members.put("full.flac", wav);
    members.put("full.cls", utf8("7"));
    members.put("mute.txt", utf8("nobody"));
    members.put("blank.wav", wav);
    members.put("wrong.wav", wav);
    members.put("wrong.txt", new byte[] {(byte) 0xc3});
    members.put("broken.wav", wav);
    members.put("broken.json", utf8("{"));
    members.put("typed.wav", wav);
    members.put("typed.json", utf8("{\"text\":5}"));
    members.put("twice.wav", wav);
    members.put("twice.mp3", wav);
    members.put("twice.txt", utf8("t"));
    Files.write(directory.resolve("a.tar"), tar(members, TarArchiveOutputStream.LONGFILE_POSIX));
    assertThat(CorpusFormat.recognise(directory)).isEqualTo(CorpusFormat.WEBDATASET);
    Collected read = Collected.of(new WebDatasetCorpus(false), directory);
    assertThat(read.ids()).containsExactly("full");
    Utterance full = read.get("full");
    assertThat(full.text()).isEqualTo("a cat");
    assertThat(full.speaker()).isEqualTo("s");
    assertThat(full.style()).isEqualTo("sad");
    assertThat(full.words()).hasSize(2);
    assertThat(read.refused())
        .containsExactly("mute", "blank", "wrong", "broken", "typed", "twice");
    assertThat(read.reason("mute")).contains("no recording");
    assertThat(read.reason("blank")).contains("no transcript");
    assertThat(read.reason("wrong")).contains("UTF-8");
    Collected speech = Collected.of(new WebDatasetCorpus(true), directory);
    assertThat(speech.ids()).containsExactly("full", "blank");
  }

  @Test
  void damagedArchivesKeepWhatComesBefore() throws IOException {
    Map<String, byte[]> members = new LinkedHashMap<>();
    members.put("a.wav", SmallFiles.wavBytes("a", 1));
    members.put("a.txt", utf8("first"));
    members.put("b.wav", SmallFiles.wavBytes("b", 1));
    members.put("b.txt", utf8("second"));
    byte[] whole = tar(members, TarArchiveOutputStream.LONGFILE_POSIX);
    Files.write(directory.resolve("a.tar"), Arrays.copyOf(whole, 40_000));
    byte[] spoilt = whole.clone();
    Arrays.fill(spoilt, 33_792, 34_816, (byte) 'x'); // the header of b.wav
    Files.write(directory.resolve("b.tar"), spoilt);
    Files.write(directory.resolve("c.tar"), new byte[100]);
    for (String name : List.of("a.tar", "b.tar")) {
      Collected read = Collected.of(new WebDatasetCorpus(false), directory.resolve(name));
      assertThat(read.ids()).as(name).containsExactly("a");
      assertThat(read.rejections).as(name).isNotEmpty();
      assertThat(read.rejections.toString()).contains(name);
    }
    Collected read = Collected.of(new WebDatasetCorpus(false), directory.resolve("c.tar"));
    assertThat(read.utterances).isEmpty();
  }
}
