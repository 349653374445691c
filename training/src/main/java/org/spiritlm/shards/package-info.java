/**
 * Training data in files that are mapped, and the sampler that makes sequences of them.
 *
 * <p>A {@link org.spiritlm.shards.ShardSet} holds text, speech and aligned speech in shards,
 * safetensors files from which any item can be read at once; a {@link org.spiritlm.shards.Sampler}
 * mixes them, draws spans anew in every epoch and packs sequences of one length.
 */
@NullMarked
package org.spiritlm.shards;

import org.jspecify.annotations.NullMarked;
