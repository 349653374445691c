package org.spiritlm.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Collectors;
import org.spiritlm.json.Json;

/**
 * Kubernetes' interface in this process, which keeps what it is given and tells what changes, and in
 * place of its nodes a thread that runs each executor's pod as a process of this machine, with the
 * environment that the pod asks for and the command that Spark's image makes of it.
 */
final class PodProcesses implements AutoCloseable {
  private static final String ADDRESS = "127.0.0.1";
  private static final String OPTION = "SPARK_JAVA_OPT_";

  private final Path logs;
  private final KubernetesMockServer server =
      new KubernetesMockServer(
          new Context(), new MockWebServer(), new HashMap<>(), new Pending(), false);
  private final NamespacedKubernetesClient client;
  private final Map<String, Process> processes = new ConcurrentHashMap<>();
  private final Set<String> images = new ConcurrentSkipListSet<>();
  private final Thread node = new Thread(this::run, "node");
  private volatile boolean closed;

  /** Says of a new pod that nothing of it runs yet, as Kubernetes does at once. */
  private static final class Pending extends KubernetesCrudDispatcher {
    @Override
    public MockResponse handleCreate(RecordedRequest request) {
      ObjectNode created = Json.parse(request.getUtf8Body(), "what is created");
      if (created.path("kind").asText().equals("Pod")) {
        created.withObject("status").put("phase", "Pending");
      }
      return super.handleCreate(
          new RecordedRequest(
              request.getHttpVersion(),
              request.method(),
              request.getPath(),
              request.getHeaders(),
              new Buffer().writeUtf8(created.toString())));
    }
  }

  PodProcesses(Path logs) throws IOException {
    this.logs = Files.createDirectories(logs);
    server.init();
    this.client = server.createClient();
    node.setDaemon(true);
    node.start();
  }

  /** What {@code --master} takes. */
  String master() {
    return "k8s://http://" + ADDRESS + ":" + server.getPort();
  }

  /** How many pods there were. */
  int started() {
    return processes.size();
  }

  /** The images that pods were to be made of. */
  Set<String> images() {
    return images;
  }

  private void run() {
    try {
      while (!closed) {
        List<Pod> pods =
            client.pods().inAnyNamespace().withLabel("spark-role", "executor").list().getItems();
        for (Pod pod : pods) {
          String name = pod.getMetadata().getName();
          if (!processes.containsKey(name)) {
            processes.put(name, start(pod));
            report(pod, "Running");
          } else if (!processes.get(name).isAlive()) {
            report(pod, processes.get(name).exitValue() == 0 ? "Succeeded" : "Failed");
          }
        }
        Set<String> wanted =
            pods.stream().map(pod -> pod.getMetadata().getName()).collect(Collectors.toSet());
        processes.forEach(
            (name, process) -> {
              if (!wanted.contains(name)) {
                Jvm.kill(process);
              }
            });
        Thread.sleep(200);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void report(Pod pod, String phase) {
    if (pod.getStatus() != null && phase.equals(pod.getStatus().getPhase())) {
      return;
    }
    client
        .pods()
        .inNamespace(pod.getMetadata().getNamespace())
        .withName(pod.getMetadata().getName())
        .editStatus(
            old ->
                new PodBuilder(old)
                    .editOrNewStatus()
                    .withPhase(phase)
                    .withPodIP(ADDRESS)
                    .endStatus()
                    .build());
  }

  /** As the entry point of Spark's image does. */
  private Process start(Pod pod) {
    Container container = pod.getSpec().getContainers().get(0);
    images.add(container.getImage());
    if (!container.getArgs().equals(List.of("executor"))) {
      throw new IllegalStateException("expected an executor, found " + container.getArgs());
    }
    Map<String, String> environment = new HashMap<>();
    for (EnvVar each : container.getEnv()) {
      environment.put(
          each.getName(), each.getValueFrom() == null ? each.getValue() : field(pod, each));
    }
    List<String> words = new ArrayList<>();
    environment.entrySet().stream()
        .filter(each -> each.getKey().startsWith(OPTION))
        .sorted(Map.Entry.comparingByKey())
        .forEach(each -> words.add(each.getValue()));
    words.add("org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend");
    Map<String, String> arguments =
        Map.of(
            "--driver-url", "SPARK_DRIVER_URL",
            "--executor-id", "SPARK_EXECUTOR_ID",
            "--cores", "SPARK_EXECUTOR_CORES",
            "--app-id", "SPARK_APPLICATION_ID",
            "--hostname", "SPARK_EXECUTOR_POD_IP",
            "--resourceProfileId", "SPARK_RESOURCE_PROFILE_ID",
            "--podName", "SPARK_EXECUTOR_POD_NAME");
    arguments.forEach((option, variable) -> words.addAll(List.of(option, environment.get(variable))));
    return Jvm.start(environment, logs.resolve(pod.getMetadata().getName()), words);
  }

  private static String field(Pod pod, EnvVar variable) {
    String path = variable.getValueFrom().getFieldRef().getFieldPath();
    return switch (path) {
      case "status.podIP" -> ADDRESS;
      case "metadata.name" -> pod.getMetadata().getName();
      default -> throw new IllegalStateException("a pod asks for its " + path);
    };
  }

  @Override
  public void close() {
    closed = true;
    try {
      node.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    processes.values().forEach(Jvm::kill);
    client.close();
    server.destroy();
  }
}
