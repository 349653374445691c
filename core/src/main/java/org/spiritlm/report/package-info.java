/** Results as the JSON that {@code docs/formats.md} describes, for the command line and others. */
@NullMarked
package org.spiritlm.report;

import org.jspecify.annotations.NullMarked;
