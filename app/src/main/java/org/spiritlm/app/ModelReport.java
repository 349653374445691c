package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.spiritlm.checkpoint.ModelInformation;
import org.spiritlm.checkpoint.ModelInformation.PartInformation;
import org.spiritlm.checkpoint.ModelRecord;
import org.spiritlm.json.Json;

/** Says what is in a model. */
record ModelReport(ModelInformation model) {
  void print(Console console, boolean json) {
    if (json) {
      console.json(describe());
    } else {
      table(console);
    }
  }

  private ObjectNode describe() {
    ObjectNode object = Json.object();
    object.put("model", model.directory().toString());
    object.put("variant", model.variant().key());
    ArrayNode parts = object.putArray("parts");
    for (PartInformation part : model.parts()) {
      ObjectNode each = parts.addObject();
      each.put("part", part.part().key());
      each.put("parameters", part.parameters());
      each.put("bytes", part.bytes());
      ArrayNode types = each.putArray("dtypes");
      part.dtypes().forEach(type -> types.add(type.name()));
    }
    object.put("parameters", model.parameters());
    object.put("bytes", model.bytes());
    ObjectNode rates = object.putObject("frame_rates");
    model.frameRates().forEach(rates::put);
    model.speakers().forEach(object.putArray("speakers")::add);
    model.styles().forEach(object.putArray("styles")::add);
    ModelRecord record = model.description();
    if (record != null) {
      object.put("sample_rate", record.sampleRate());
      object.put("licence", record.licence());
      ObjectNode provenance = object.putObject("provenance");
      record.provenance().forEach(provenance::put);
      ObjectNode checksums = object.putObject("sha256");
      record.files().forEach((name, file) -> checksums.put(name, file.sha256()));
    }
    return object;
  }

  private void table(Console console) {
    console.print(model.directory() + ": SPIRIT LM " + model.variant().key());
    console.print(String.format("%-12s %12s %10s  %s", "part", "parameters", "MB", "types"));
    for (PartInformation part : model.parts()) {
      row(
          console,
          part.part().key(),
          part.parameters(),
          part.bytes(),
          part.dtypes().stream().map(Enum::name).collect(Collectors.joining(" ")));
    }
    row(console, "all", model.parameters(), model.bytes(), "");
    console.print(
        "units a second: "
            + model.frameRates().entrySet().stream()
                .map(rate -> rate.getKey() + " " + plain(rate.getValue()))
                .collect(Collectors.joining(", ")));
    names(console, "speakers", model.speakers());
    names(console, "styles", model.styles());
    ModelRecord record = model.description();
    if (record == null) {
      console.print("licence and checksums: not in this layout; 'spiritlm convert' writes them");
      return;
    }
    console.print("licence: " + record.licence());
    for (Map.Entry<String, String> origin : record.provenance().entrySet()) {
      console.print(origin.getKey() + ": " + origin.getValue());
    }
    console.print("sha256:");
    record.files().forEach((name, file) -> console.print("  " + file.sha256() + "  " + name));
  }

  private static void names(Console console, String what, List<String> names) {
    if (!names.isEmpty()) {
      console.print(what + ": " + String.join(", ", names));
    }
  }

  private static void row(Console console, String name, long parameters, long bytes, String types) {
    console.print(
        String.format(Locale.ROOT, "%-12s %12d %10.1f  %s", name, parameters, bytes / 1e6, types)
            .stripTrailing());
  }

  private static String plain(double rate) {
    return rate == Math.rint(rate) ? Long.toString((long) rate) : Double.toString(rate);
  }
}
