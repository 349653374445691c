package org.spiritlm.torch;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * Where JavaCPP found native libraries, kept in its cache for the next start.
 *
 * <p>It looks for each library under many names in every jar and every module of the JVM, most of
 * them in vain: a third of the time of a short command. What it finds is the same as long as the
 * files of the class path are, so a record of it holds until one of them has another size or time.
 * Where anything is unlike what is expected here, JavaCPP searches as it would without this class.
 */
final class FoundLibraries {
  /** Where {@link Loader} keeps what it found: a name to places, none if it found nothing. */
  private static final String FIELD = "foundLibraries";

  /** The entries of the class path as places in jars begin. */
  private final Set<String> jars;

  private final Path record;
  private final String stamp;

  private FoundLibraries(Set<String> jars, Path record, String stamp) {
    this.jars = jars;
    this.record = record;
    this.stamp = stamp;
  }

  /** Recalls what was found before, and keeps what this process finds when it ends. */
  static void keep() {
    try {
      Map<String, URL[]> found = ofLoader();
      String classPath = System.getProperty("java.class.path", "");
      FoundLibraries kept = of(classPath, Loader.getCacheDir().toPath());
      if (kept == null) {
        return;
      }
      kept.recall(found);
      int recalled = found.size();
      Runnable remember =
          () -> {
            if (found.size() > recalled) {
              kept.remember(found, Loader.getLoadedLibraries().keySet());
            }
          };
      Runtime.getRuntime().addShutdownHook(new Thread(remember, "spiritlm-found-libraries"));
    } catch (IOException | ReflectiveOperationException | RuntimeException e) {
      return; // another JavaCPP, or no cache: it searches
    }
  }

  @SuppressWarnings("unchecked") // its type in JavaCPP; another is noticed where it is used
  private static Map<String, URL[]> ofLoader() throws ReflectiveOperationException {
    Field field = Loader.class.getDeclaredField(FIELD);
    field.setAccessible(true);
    return (Map<String, URL[]>) field.get(null);
  }

  /**
   * The record for a class path.
   *
   * @param directory where records lie
   * @return null if something of the class path is not a file, and so may change unnoticed
   */
  static @Nullable FoundLibraries of(String classPath, Path directory) throws IOException {
    Map<String, String> entries = new LinkedHashMap<>();
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      Path file = Path.of(entry).toAbsolutePath();
      if (!Files.isRegularFile(file)) {
        return null;
      }
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      String state = attributes.size() + " " + attributes.lastModifiedTime().toMillis();
      entries.put("jar:" + file.toFile().toURI() + "!/", state);
    }
    String settings =
        String.join(
            "\n",
            Loader.getPlatform(),
            System.getProperty("java.version", ""),
            System.getProperty("java.library.path", ""),
            System.getProperty("org.bytedeco.javacpp.platform.extension", ""),
            System.getProperty("org.bytedeco.javacpp.pathsFirst", ""));
    String name = "spiritlm-" + digest(settings + entries.keySet()).substring(0, 16);
    Path record = directory.resolve(name + ".libraries");
    return new FoundLibraries(entries.keySet(), record, digest(entries.toString()));
  }

  private static String digest(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Adds what the record says, if there is one and nothing has changed since. */
  void recall(Map<String, URL[]> found) {
    try {
      read().forEach(found::putIfAbsent);
    } catch (IOException e) {
      return; // none, or none that can be read: it is written anew
    }
  }

  private Map<String, URL[]> read() throws IOException {
    List<String> lines = Files.readAllLines(record);
    Map<String, URL[]> recalled = new LinkedHashMap<>();
    if (lines.isEmpty() || !lines.get(0).equals(stamp)) {
      return recalled;
    }
    for (String line : lines.subList(1, lines.size())) {
      String[] fields = line.split("\t", -1);
      URL[] places = new URL[fields.length - 1];
      for (int i = 0; i < places.length; i++) {
        places[i] = place(fields[i + 1]);
        if (!isKnown(places[i])) {
          throw new IOException("a library outside the class path");
        }
      }
      recalled.put(fields[0], places);
    }
    return recalled;
  }

  /**
   * Writes what was found, unless it lies elsewhere than in the class path's files.
   *
   * @param loaded names of the libraries that were loaded: what was found nowhere, but loaded, is
   *     the system's, and is asked for again
   */
  void remember(Map<String, URL[]> found, Set<String> loaded) {
    List<String> lines = new ArrayList<>(List.of(stamp));
    try {
      for (Map.Entry<String, URL[]> library : found.entrySet()) {
        StringBuilder line = new StringBuilder(library.getKey());
        for (URL place : library.getValue()) {
          if (!isKnown(place) || !isSame(place, place(place.toString()))) {
            return;
          }
          line.append('\t').append(place);
        }
        if (library.getValue().length > 0 || !loaded.contains(plainName(library.getKey()))) {
          lines.add(line.toString());
        }
      }
      Path beside = Files.createTempFile(record.getParent(), "spiritlm-", ".part");
      Files.write(beside, lines);
      Files.move(beside, record, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException e) {
      return; // the next start searches
    }
  }

  private boolean isKnown(URL place) {
    String text = place.toString();
    int inside = text.indexOf("!/");
    return inside >= 0 && jars.contains(text.substring(0, inside + 2));
  }

  /** Whether a place is read as it was written, with the name for what is unpacked from it. */
  private static boolean isSame(URL place, URL read) {
    return place.toString().equals(read.toString())
        && Objects.equals(place.getRef(), read.getRef());
  }

  @SuppressWarnings("deprecation") // what replaces it is not in Java 17
  private static URL place(String text) throws MalformedURLException {
    return new URL(text);
  }

  /** The name under which a library that is named so counts as loaded, as in {@link Loader}. */
  private static String plainName(String name) {
    String plain = name.startsWith(":") ? name.substring(1) : name;
    int path = plain.indexOf(':');
    plain = path >= 0 ? plain.substring(0, path) : plain;
    plain = plain.endsWith("!") ? plain.substring(0, plain.length() - 1) : plain;
    String[] names = plain.split("#", -1);
    return names.length > 1 && !names[1].isEmpty() ? names[1] : names[0];
  }
}
