package org.spiritlm.server;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Request;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.FilePayload;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioFormat;
import org.spiritlm.audio.AudioReader;

/**
 * The page in a real browser, with a microphone that hears a file.
 *
 * <p>The machine's Chromium or Chrome is taken where there is one, else Playwright's own. With the
 * system property {@code screenshots} pictures are written to that directory, with {@code model} by
 * that model.
 */
class PageInBrowserTest {
  private static final int PATIENCE = 30_000; // ms
  private static final List<String> BROWSERS =
      List.of(
          "/usr/bin/chromium",
          "/usr/bin/chromium-browser",
          "/usr/bin/google-chrome",
          "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");

  /** Notes each piece that begins to play, and whether the answer is still being made then. */
  private static final String NOTE_PLAYING =
      """
      window.played = [];
      const start = AudioBufferSourceNode.prototype.start;
      AudioBufferSourceNode.prototype.start = function (...when) {
        window.played.push(document.querySelector('[aria-busy=true]') !== null);
        return start.apply(this, when);
      };
      """;

  @TempDir static Path files;

  private static Served served;
  private static Playwright playwright;
  private static Browser browser;

  private final List<String> complaints = new ArrayList<>();
  private BrowserContext context;
  private Page page;

  @BeforeAll
  static void start() throws IOException {
    String model = System.getProperty("model");
    served =
        model == null
            ? Served.of("expressive")
            : new Served(SpiritLm.load(Path.of(model)), ServerOptions.standard());
    Path speech = files.resolve("speech.wav");
    Audio audio = AudioReader.read(Served.audio("7143-88743-0029.flac"));
    Files.write(speech, SpokenAnswer.of(audio, AudioFormat.WAV));
    Path installed = BROWSERS.stream().map(Path::of).filter(Files::exists).findFirst().orElse(null);
    playwright =
        Playwright.create(
            new Playwright.CreateOptions()
                .setEnv(
                    installed == null ? Map.of() : Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    BrowserType.LaunchOptions options =
        new BrowserType.LaunchOptions()
            .setArgs(
                List.of(
                    "--no-sandbox",
                    "--autoplay-policy=no-user-gesture-required",
                    "--use-fake-ui-for-media-stream",
                    "--use-fake-device-for-media-stream",
                    "--use-file-for-fake-audio-capture=" + speech.toAbsolutePath()));
    browser =
        playwright
            .chromium()
            .launch(installed == null ? options : options.setExecutablePath(installed));
  }

  @AfterAll
  static void stop() {
    playwright.close();
    served.close();
  }

  @BeforeEach
  void open() {
    context =
        browser.newContext(
            new Browser.NewContextOptions()
                .setPermissions(List.of("microphone"))
                .setViewportSize(1000, 800)
                .setColorScheme(ColorScheme.LIGHT));
    context.addInitScript(NOTE_PLAYING);
    page = context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.onConsoleMessage(
        message -> {
          if (message.type().equals("error")) {
            complaints.add(message.text());
          }
        });
    page.onPageError(complaints::add);
    show("");
  }

  @AfterEach
  void close() {
    context.close();
  }

  private void show(String name) {
    show(served, name);
  }

  private void show(Served by, String name) {
    page.navigate(by.server.address() + "/" + name);
    page.waitForSelector("html[data-ready]");
  }

  private static LocatorAssertions.IsVisibleOptions visible() {
    return new LocatorAssertions.IsVisibleOptions().setTimeout(PATIENCE);
  }

  private static LocatorAssertions.ContainsTextOptions within() {
    return new LocatorAssertions.ContainsTextOptions().setTimeout(PATIENCE);
  }

  private Locator button(String name) {
    return page.getByRole(
        AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
  }

  private void answerAs(String kind) {
    if (page.locator("#settings").getAttribute("open") == null) {
      page.getByText("Settings").click();
    }
    page.locator("#settings [name=answer]").selectOption(kind);
    page.locator("#settings [name=seed]").fill("1");
    page.locator("#settings [name=max_seconds]").fill("4");
  }

  private void ask(String text) {
    page.locator("#text").fill(text);
    button("Send").click();
  }

  /** The views of recordings in messages of who said them, with their tokens. */
  private Locator told(String role) {
    return page.locator("article." + role + " .speech[data-tokens]");
  }

  @Test
  void whatIsRecordedIsAnsweredAloudWithItsTokens() {
    answerAs("audio");
    button("Record").click();
    assertThat(page.locator("#recorder [role=timer]"))
        .containsText(Pattern.compile("0:0[2-9]"), within());
    button("Stop recording").click();
    button("Send").click();
    assertThat(told("user")).isVisible(visible());
    assertThat(told("assistant")).isVisible(visible());
    assertThat(page.evaluate("window.played.includes(true)")).as("heard while made").isEqualTo(true);
    for (String role : List.of("user", "assistant")) {
      assertThat(Integer.parseInt(told(role).getAttribute("data-tokens"))).isPositive();
      assertThat(painted(told(role))).isGreaterThan(3);
    }
    hoverAndPlay(told("user"));
    picture("conversation");
    assertThat(told("user")).hasAttribute("data-source", "heard");
    String made = told("assistant").getAttribute("data-tokens");
    assertThat(told("assistant")).hasAttribute("data-source", "generated");
    page.reload();
    assertThat(told("assistant")).hasAttribute("data-source", "generated");
    assertThat(told("assistant")).hasAttribute("data-tokens", made);
    assertThat(complaints).isEmpty();
  }

  /** How many colours the picture has. */
  private static int painted(Locator speech) {
    return (int)
        speech
            .locator("canvas")
            .evaluate(
                "canvas => new Set(new Uint32Array(canvas.getContext('2d').getImageData("
                    + "0, 0, canvas.width, canvas.height).data.buffer)).size");
  }

  private static void hoverAndPlay(Locator speech) {
    speech.locator("canvas").hover(new Locator.HoverOptions().setPosition(300, 100));
    assertThat(speech.locator("output")).containsText("phonetic [Hu");
    assertThat(speech.locator("output")).containsText("style [St");
    speech.locator("canvas").click(new Locator.ClickOptions().setPosition(300, 100));
    Object from = speech.locator("audio").evaluate("audio => audio.currentTime");
    assertThat(((Number) from).doubleValue()).isGreaterThan(0.5);
    assertThat(speech.page().locator("article.user .speech[data-heard]")).isVisible(visible());
  }

  @Test
  void aConversationSurvivesAReload() {
    answerAs("text");
    page.locator("#recorder input[type=file]")
        .setInputFiles(new FilePayload("said.wav", "audio/wav", chirp()));
    ask("and then");
    assertThat(told("user")).isVisible(visible());
    Locator answer = page.locator("article.assistant p:not(.hint)");
    assertThat(page.locator("article.assistant:not([aria-busy])")).isVisible(visible());
    assertThat(page.locator("article.assistant p.hint")).containsText("It goes no further");
    String said = answer.textContent();
    page.locator("#recorder input[type=file]")
        .setInputFiles(new FilePayload("unsent.wav", "audio/wav", chirp()));
    page.locator("#text").fill("a draft");
    page.locator("#theme").selectOption("dark");
    page.reload();
    assertThat(told("user")).isVisible(visible());
    assertThat(answer).hasText(said);
    assertThat(page.locator("article.assistant p.hint")).containsText("It goes no further");
    assertThat(page.locator("article.user p")).hasText("and then");
    assertThat(page.locator("#text")).hasValue("a draft");
    assertThat(page.locator("#pending li")).containsText("unsent.wav");
    assertThat(page.locator("html")).hasAttribute("data-theme", "dark");
    assertThat(page.locator("#settings [name=answer]")).hasValue("text");
    ask("more"); // the next turn takes all that was there
    assertThat(page.locator("article.assistant:not([aria-busy])")).hasCount(2);
    assertThat(complaints).isEmpty();
  }

  /** The model is told what it has room for. */
  @Test
  void aConversationThatIsTooLongGoesOn() {
    answerAs("text");
    ask("all of it ".repeat(3000));
    assertThat(page.locator(".failure")).containsText("context");
    ask("and then");
    assertThat(page.locator("article.assistant:not([aria-busy])")).isVisible(visible());
    assertThat(page.locator("article.assistant p.hint")).containsText("the beginning");
  }

  private static byte[] chirp() {
    try {
      return Files.readAllBytes(Served.audio("chirp.wav"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void nothingInAMessageRuns() {
    String evil =
        "<img src=x onerror='window.ran=1'><script>window.ran=1</script>"
            + "<svg onload='window.ran=1'></svg> javascript:window.ran=1 \u0001\u001b[31m\u202e";
    answerAs("text");
    page.locator("#recorder input[type=file]")
        .setInputFiles(new FilePayload("<img src=x onerror='window.ran=1'>", "audio/wav", chirp()));
    ask(evil);
    assertThat(page.locator("article.user p")).containsText("<script>window.ran=1</script>");
    assertThat(page.locator("article.assistant:not([aria-busy])")).isVisible(visible());
    assertThat(page.locator("article.user p").textContent())
        .contains("\u2401")
        .doesNotContain("\u0001", "\u001b", "\u202e");
    assertThat(page.locator("article img, article script, article svg")).hasCount(0);
    assertThat(page.evaluate("window.ran === undefined")).isEqualTo(true);
    // and if it stood in the page, the policy would stop it
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'),"
            + " {textContent: 'window.ran = 1'}))");
    assertThat(page.evaluate("window.ran === undefined")).isEqualTo(true);
  }

  @Test
  void speechIsSpokenAgain() {
    show("#resynthesis");
    page.locator("#page-resynthesis input[type=file]")
        .setInputFiles(Served.audio("7143-88743-0029.flac"));
    assertThat(told("user")).isVisible(visible());
    button("Speak it again").click();
    Locator made = page.locator("#page-resynthesis .results .speech[data-tokens]");
    assertThat(made).hasCount(2, new LocatorAssertions.HasCountOptions().setTimeout(PATIENCE));
    picture("resynthesis");
    page.locator("#page-resynthesis [name=code]").fill("3");
    page.reload(); // everything is there again, and nothing is asked for it
    page.waitForSelector("html[data-ready]");
    assertThat(told("user")).isVisible(visible());
    assertThat(made).hasCount(2, new LocatorAssertions.HasCountOptions().setTimeout(PATIENCE));
    assertThat(page.locator("#page-resynthesis [name=code]")).hasValue("3");
    button("Speak it again").click();
    assertThat(made).hasCount(2, new LocatorAssertions.HasCountOptions().setTimeout(PATIENCE));
    assertThat(complaints).isEmpty();
  }

  /** A BASE model beside an EXPRESSIVE one, and either can be asked. */
  @Test
  void twoModelsSpeakSideBySide() throws IOException {
    Map<String, SpiritLm> models = new LinkedHashMap<>();
    models.put("my-expressive", Served.model("expressive"));
    models.put("my-base", Served.model("base"));
    try (Served both = new Served(models, ServerOptions.standard())) {
      show(both, "#resynthesis");
      page.locator("#page-resynthesis input[type=file]")
          .setInputFiles(Served.audio("7143-88743-0029.flac"));
      assertThat(told("user")).isVisible(visible());
      button("Speak it again").click();
      Locator columns = page.locator("#page-resynthesis .results article");
      assertThat(columns.locator(".speech[data-tokens]"))
          .hasCount(2, new LocatorAssertions.HasCountOptions().setTimeout(PATIENCE));
      assertThat(columns.locator("h3"))
          .hasText(new String[] {"my-base (BASE)", "my-expressive (EXPRESSIVE)"});
      assertThat(columns.nth(0).locator(".legend")).not().containsText("style");
      assertThat(columns.nth(1).locator(".legend")).containsText("style");
      picture("two-models");
      Locator asked =
          page.getByRole(
              AriaRole.COMBOBOX, new Page.GetByRoleOptions().setName("Model").setExact(true));
      assertThat(asked).hasValue("my-expressive");
      asked.selectOption("my-base");
      show(both, "");
      page.reload();
      page.waitForSelector("html[data-ready]");
      assertThat(asked).hasValue("my-base");
      answerAs("text");
      Request request =
          page.waitForRequest("**/v1/chat/completions", () -> ask("One model of two"));
      assertThat(request.postData()).contains("\"model\":\"my-base\"");
      assertThat(page.locator("article.assistant:not([aria-busy])")).isVisible(visible());
      requireThatEverybodyCanUse("two models");
    }
    assertThat(complaints).isEmpty();
  }

  @Test
  void tokensAreHeard() {
    show("#tokens");
    page.locator("#token-text").fill("[St3][Pi5][Hu12][Hu40][Hu7][Pi9][Hu3]");
    assertThat(page.locator("#token-colours")).containsText("4 phonetic, 2 pitch, 1 style");
    page.locator("#token-text").fill("[St3][Pi5][Hu12");
    button("Hear them").click();
    assertThat(page.locator("#page-tokens .failure")).isVisible(visible());
    page.locator("#page-tokens input[type=file]").setInputFiles(Served.audio("sr22050.wav"));
    assertThat(page.locator("#token-colours .hu").first()).isVisible(visible());
    button("Hear them").click();
    Locator spoken = page.locator("#page-tokens .results .speech[data-tokens]");
    assertThat(spoken).isVisible(visible());
    String tokens = page.locator("#token-text").inputValue();
    page.reload();
    assertThat(spoken).isVisible(visible());
    assertThat(page.locator("#token-text")).hasValue(tokens);
  }

  @Test
  void twoContinuationsAreScored() {
    show("#scoring");
    page.getByLabel("Beginning").fill("The sun rises in the");
    page.getByLabel("Continuation A").fill(" east");
    page.getByLabel("Continuation B").fill(" [Hu3][Hu7]");
    button("Score").click();
    assertThat(page.locator(".scored")).hasCount(2);
    assertThat(page.locator("article.better")).hasCount(1);
    assertThat(page.locator(".scored").nth(1)).containsText("[Hu7]");
    picture("scoring");
    assertThat(complaints).isEmpty();
  }

  /** Both colour schemes, on a phone's width too; nothing is wider than the screen. */
  @ParameterizedTest
  @ValueSource(strings = {"conversation", "resynthesis", "tokens", "scoring"})
  void everybodyCanUseIt(String name) throws IOException {
    answerAs("text");
    page.locator("#recorder input[type=file]")
        .setInputFiles(new FilePayload("said.wav", "audio/wav", chirp()));
    ask("Hello");
    assertThat(told("user")).isVisible(visible());
    assertThat(page.locator("article.assistant:not([aria-busy])")).isVisible(visible());
    show("#" + name);
    requireThatEverybodyCanUse(name);
    picture("phone-" + name);
  }

  private void requireThatEverybodyCanUse(String name) throws IOException {
    page.setViewportSize(360, 700);
    for (String theme : List.of("light", "dark")) {
      page.locator("#theme").selectOption(theme);
      assertThat(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
          .as("%s fits a phone", name)
          .isEqualTo(true);
      page.evaluate(axe());
      Object found =
          page.evaluate(
              "axe.run().then(told => told.violations"
                  + ".filter(each => ['serious', 'critical'].includes(each.impact))"
                  + ".map(each => each.id + ': ' + each.nodes.map(node => node.html).join(' ')))");
      assertThat((List<?>) found).as("%s, %s", name, theme).isEmpty();
    }
  }

  private static String axe() throws IOException {
    try (InputStream stream =
        Objects.requireNonNull(
            PageInBrowserTest.class.getResourceAsStream(
                "/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js"))) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8) + ";0";
    }
  }

  /** By the keyboard alone. */
  @Test
  void theKeyboardIsEnough() {
    page.keyboard().press("Tab");
    assertThat(page.getByText("Skip to the content")).isFocused();
    answerAs("text");
    page.locator("#text").focus();
    page.keyboard().type("Once upon");
    page.keyboard().press("Control+Enter");
    assertThat(page.locator("article.assistant:not([aria-busy])")).isVisible(visible());
    page.locator("nav a[href='#scoring']").focus();
    page.keyboard().press("Enter");
    assertThat(page.locator("#page-scoring")).isVisible();
    assertThat(page.locator("#main")).isFocused();
  }

  @Test
  void aLostConnectionAFullQueueAndNoMicrophoneAreTold() {
    answerAs("text");
    Locator failure = page.locator("#composer .failure");
    page.route(
        "**/v1/chat/completions",
        route ->
            route.fulfill(
                new com.microsoft.playwright.Route.FulfillOptions()
                    .setStatus(429)
                    .setHeaders(Map.of("Retry-After", "7"))
                    .setBody("{\"error\":{\"message\":\"full\"}}")));
    ask("Hello");
    assertThat(failure).containsText("queue is full");
    assertThat(failure).containsText("7 seconds");
    page.unroute("**/v1/chat/completions");
    page.route("**/v1/chat/completions", com.microsoft.playwright.Route::abort);
    button("Try again").click();
    assertThat(failure).containsText("connection to the server is lost");
    page.unroute("**/v1/chat/completions");
    button("Try again").click();
    assertThat(page.locator("article.assistant:not([aria-busy])")).isVisible(visible());
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = () =>"
            + " Promise.reject(new DOMException('none', 'NotFoundError')); }");
    button("Record").click();
    assertThat(failure).containsText("No microphone was found");
  }

  @Test
  void aKeyIsAskedForWhereOneIsNeeded() {
    try (Served locked =
        new Served("base", ServerOptions.standard().withKeys(List.of("open-sesame")))) {
      page.navigate(locked.server.address());
      assertThat(page.locator("#notice")).containsText("asks for a key");
      page.getByLabel("API key").fill("open-sesame");
      page.getByLabel("API key").press("Enter");
      assertThat(page.locator("#notice")).isEmpty();
      assertThat(page.locator("#model")).containsText("BASE");
    }
  }

  private void picture(String name) {
    String directory = System.getProperty("screenshots", "");
    if (!directory.isEmpty() && Stream.of("phone-tokens", "phone-scoring").noneMatch(name::equals)) {
      page.screenshot(
          new Page.ScreenshotOptions().setPath(Path.of(directory, "page-" + name + ".png")));
    }
  }
}
