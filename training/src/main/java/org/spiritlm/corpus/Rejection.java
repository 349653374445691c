package org.spiritlm.corpus;

import org.jspecify.annotations.Nullable;

/**
 * An item that cannot be used, and why.
 *
 * @param id its name, or its place where it has none
 * @param audio where its recording lies, or null where that is not known
 * @param reason what is wrong, for people
 */
public record Rejection(String id, @Nullable AudioLocation audio, String reason) {}
