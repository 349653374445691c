package org.spiritlm.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.spiritlm.json.Json;

/**
 * What a preparation has made.
 *
 * @param units the table of units
 * @param quarantine the table of what could not be used
 * @param code the version of this program
 * @param items lines of the manifest
 * @param total sums over all buckets
 * @param partitions how many there are
 * @param earlier how many of them an earlier run had made
 * @param elapsed of this run (seconds)
 */
record Summary(
    String units,
    String quarantine,
    Job job,
    String code,
    long items,
    BucketResult total,
    int partitions,
    int earlier,
    double elapsed) {
  /** Its form in {@code summary.json}. */
  ObjectNode json() {
    ObjectNode json = Json.object();
    json.put("units", units).put("quarantine", quarantine);
    json.put("items", items).put("prepared", total.prepared()).put("rejected", total.rejected());
    json.put("seconds", total.samples() / 16_000.0);
    json.put("hubert", total.hubert()).put("words", total.words());
    json.put("text_ids", total.textIds());
    json.put("partitions", partitions).put("partitions_from_earlier", earlier);
    json.put("elapsed_s", elapsed);
    json.put("model", job.model()).put("code", code).put("manifest_sha256", job.manifest());
    return json;
  }
}
