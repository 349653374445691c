/**
 * Models served over HTTP: OpenAI's protocol for chats, completions, speech and transcriptions, and
 * the command line's own JSON. {@code docs/protocol.md} has the wire format.
 */
@NullMarked
package org.spiritlm.server;

import org.jspecify.annotations.NullMarked;
