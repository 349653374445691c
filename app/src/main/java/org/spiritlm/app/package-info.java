/**
 * The command line: one class a command, which reads its options, calls the library and prints the
 * result. {@link org.spiritlm.app.App} is the entrance, {@link org.spiritlm.app.Console} the only
 * place that prints.
 */
@NullMarked
package org.spiritlm.app;

import org.jspecify.annotations.NullMarked;
