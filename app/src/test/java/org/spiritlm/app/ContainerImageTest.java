package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The container image, as the build describes it, runs the program as the launcher does. */
final class ContainerImageTest {
  private static final Pattern EXPORT =
      Pattern.compile("^export (\\w+)=\"\\$\\{\\1:-(\\w+)\\}\"$", Pattern.MULTILINE);

  private static Document build;
  private static String launcher;

  @BeforeAll
  static void read() throws Exception {
    build = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse("pom.xml");
    launcher = Files.readString(Path.of("..", "spiritlm"));
  }

  private static List<String> all(String tag) {
    NodeList nodes = build.getElementsByTagName(tag);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      texts.add(nodes.item(i).getTextContent().strip());
    }
    return texts;
  }

  @Test
  void theEnvironmentIsTheLaunchers() {
    Map<String, String> exported = new TreeMap<>();
    Matcher matcher = EXPORT.matcher(launcher);
    while (matcher.find()) {
      exported.put(matcher.group(1), matcher.group(2));
    }
    Map<String, String> set = new TreeMap<>();
    NodeList nodes = build.getElementsByTagName("environment").item(0).getChildNodes();
    for (int i = 0; i < nodes.getLength(); i++) {
      if (nodes.item(i) instanceof Element variable) {
        set.put(variable.getTagName(), variable.getTextContent());
      }
    }
    assertThat(exported).hasSizeGreaterThan(3);
    assertThat(set).isEqualTo(exported);
  }

  @Test
  void theJvmsOptionsAreTheLaunchers() {
    String[] command = launcher.substring(launcher.indexOf("$how \"$java\"")).split("\\s+", -1);
    List<String> flags = new ArrayList<>();
    for (int i = 2; command[i].startsWith("-X"); i++) {
      flags.add(command[i]);
    }
    assertThat(flags).hasSizeGreaterThan(2);
    assertThat(all("jvmFlag")).containsAll(flags);
  }

  @Test
  void whatItBeginsWithIsACommand() throws IOException {
    assertThat(all("arg")).first().isEqualTo("serve");
    assertThat(all("user").get(0)).doesNotStartWith("0").doesNotContain("root");
    assertThat(all("mainClass")).containsExactly(App.class.getName());
    Path models =
        Path.of(all("from").stream().filter(each -> each.startsWith("..")).toList().get(0));
    assertThat(models.resolve("fcpe").resolve("fcpe.safetensors")).isRegularFile();
  }
}
