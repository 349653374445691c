package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Where native libraries were found is known at the next start, and not for longer than it holds.
 */
class FoundLibrariesTest {
  private static final Set<String> LOADED = Set.of("here", "system@.1");

  @TempDir Path folder;
  private Path jar = Path.of("");
  private final Map<String, URL[]> found = new HashMap<>();

  @BeforeEach
  void find() throws IOException {
    jar = Files.writeString(folder.resolve("with space.jar"), "jar");
    found.put("here", new URL[] {inside(jar, "libhere.so")});
    found.put("old#new@.2", new URL[] {inside(jar, "libold.so#libnew.so.2")});
    found.put("nowhere@.12", new URL[0]);
    found.put("system@.1!", new URL[0]);
  }

  @SuppressWarnings("deprecation") // what replaces it is not in Java 17
  private static URL inside(Path jar, String name) throws IOException {
    return new URL("jar:" + jar.toFile().toURI() + "!/org/" + name);
  }

  private @Nullable FoundLibraries ofClassPath() throws IOException {
    return FoundLibraries.of(jar.toString(), Files.createDirectories(folder.resolve("cache")));
  }

  private void remember() throws IOException {
    FoundLibraries libraries = ofClassPath();
    assertThat(libraries).isNotNull();
    libraries.remember(found, LOADED);
  }

  private Map<String, URL[]> recalled() throws IOException {
    Map<String, URL[]> recalled = new HashMap<>();
    FoundLibraries libraries = ofClassPath();
    assertThat(libraries).isNotNull();
    libraries.recall(recalled);
    return recalled;
  }

  private Path record() throws IOException {
    File[] files = folder.resolve("cache").toFile().listFiles();
    assertThat(files).hasSize(1);
    return files[0].toPath();
  }

  @Test
  void whatWasFoundAndWhatWasNotIsRecalled() throws IOException {
    remember();

    Map<String, URL[]> recalled = recalled();

    assertThat(recalled).containsOnlyKeys("here", "old#new@.2", "nowhere@.12");
    assertThat(recalled.get("here")).containsExactly(found.get("here"));
    assertThat(recalled.get("old#new@.2")[0].getRef()).isEqualTo("libnew.so.2");
    assertThat(recalled.get("nowhere@.12")).isEmpty();
  }

  @Test
  void nothingIsRecalledBeforeAnythingWasRemembered() throws IOException {
    assertThat(recalled()).isEmpty();
  }

  @Test
  void whatIsKnownStays() throws IOException {
    remember();
    URL[] known = {inside(jar, "other.so")};
    Map<String, URL[]> now = new HashMap<>(Map.of("here", known));
    FoundLibraries libraries = ofClassPath();
    assertThat(libraries).isNotNull();

    libraries.recall(now);

    assertThat(now.get("here")).isSameAs(known);
  }

  @Test
  void aChangedJarIsSearchedAgain() throws IOException {
    remember();
    Files.writeString(jar, "another jar");

    assertThat(recalled()).isEmpty();

    remember();
    assertThat(recalled()).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "rubbish", "\0\n\t\t", "%s\nhere\tno place", "%s\nhere\tfile:/x.so"})
  void aDamagedRecordIsNone(String content) throws IOException {
    remember();
    String stamp = Files.readAllLines(record()).get(0);
    Files.writeString(record(), content.replace("%s", stamp));

    assertThat(recalled()).isEmpty();

    Files.write(record(), new byte[] {(byte) 0xff, (byte) 0xfe});
    assertThat(recalled()).isEmpty();
  }

  @Test
  void librariesOutsideTheClassPathAreNotRemembered() throws IOException {
    Path other = Files.writeString(folder.resolve("other.jar"), "jar");
    found.put("there", new URL[] {inside(other, "libthere.so")});

    remember();

    assertThat(recalled()).isEmpty();
  }

  @Test
  void aClassPathWithDirectoriesMayChangeUnnoticed() throws IOException {
    assertThat(FoundLibraries.of(jar + File.pathSeparator + folder, folder)).isNull();
    assertThat(FoundLibraries.of("", folder)).isNull();
  }

  @Test
  void aCacheThatCannotBeWrittenIsNoError() throws IOException {
    FoundLibraries libraries = FoundLibraries.of(jar.toString(), folder.resolve("none"));
    assertThat(libraries).isNotNull();

    libraries.remember(found, LOADED);

    assertThat(folder.resolve("none")).doesNotExist();
  }
}
