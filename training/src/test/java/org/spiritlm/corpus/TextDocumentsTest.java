package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.torch.InputException;

/** Texts without speech, from files of three forms. */
class TextDocumentsTest {
  @TempDir Path directory;
  private final List<TextDocument> documents = new ArrayList<>();
  private final List<Rejection> rejections = new ArrayList<>();

  private void read(String name) {
    TextDocuments.read(
        directory.resolve(name),
        new TextListener() {
          @Override
          public void accept(TextDocument document) {
            documents.add(document);
          }

          @Override
          public void reject(Rejection rejection) {
            rejections.add(rejection);
          }
        });
  }

  @Test
  void paragraphsAreDocuments() {
    new SmallFiles(directory)
        .bytes(
            "book.txt",
            "\n\n One day\r\nit rained.\r\n\r\n \t\nbad \u00e9\nstill bad\n\nThe end"
                .getBytes(StandardCharsets.ISO_8859_1));
    read("book.txt");
    assertThat(documents)
        .containsExactly(
            new TextDocument("book.txt:1", "One day\nit rained."),
            new TextDocument("book.txt:3", "The end"));
    assertThat(rejections).extracting(Rejection::id).containsExactly("book.txt:2");
    assertThat(rejections.get(0).reason()).contains("line 7", "UTF-8");
  }

  @Test
  void rowsAreDocuments() throws IOException, URISyntaxException {
    URL file = Objects.requireNonNull(TextDocumentsTest.class.getResource("/parquet/text.parquet"));
    Files.copy(Path.of(file.toURI()), directory.resolve("t.parquet"));
    read("t.parquet");
    assertThat(documents)
        .containsExactly(
            new TextDocument("t.parquet:1", "First document."),
            new TextDocument("t.parquet:3", "Second\ndocument."));
    assertThat(rejections).extracting(Rejection::id).containsExactly("t.parquet:2");
    file = TextDocumentsTest.class.getResource("/parquet/prepared-zstd.parquet");
    Files.copy(Path.of(Objects.requireNonNull(file).toURI()), directory.resolve("p.parquet"));
    read("p.parquet"); // transcripts are texts, too
    assertThat(documents).hasSize(11);
  }

  @Test
  void objectsAreDocuments() {
    new SmallFiles(directory)
        .text(
            "t.jsonl",
            "{\"text\":\"One\\ntwo\",\"id\":5}\n{\"text\":\" \"}\n{}\n{\"text\":\"x\"}\n");
    read("t.jsonl");
    assertThat(documents)
        .containsExactly(
            new TextDocument("t.jsonl:1", "One\ntwo"), new TextDocument("t.jsonl:4", "x"));
    assertThat(rejections).extracting(Rejection::id).containsExactly("t.jsonl:2", "t.jsonl:3");
    assertThatThrownBy(() -> read("t.docx")).isInstanceOf(InputException.class);
  }
}
