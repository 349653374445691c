/**
 * Units of whole corpora on Apache Spark: {@link org.spiritlm.spark.Preparation} divides a manifest
 * into buckets, stretches of its lines, and each bucket becomes one Parquet file.
 *
 * <p>A bucket is written beside its place and renamed, so that it is there whole or not at all;
 * what it holds depends on its lines and the model alone. So a task may be repeated, on any
 * machine, and a preparation that was killed goes on with the buckets that are missing.
 */
@NullMarked
package org.spiritlm.spark;

import org.jspecify.annotations.NullMarked;
