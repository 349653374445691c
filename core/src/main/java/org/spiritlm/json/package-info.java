/**
 * JSON that people write and read: objects and files of one object a line, with errors that say
 * where.
 */
@NullMarked
package org.spiritlm.json;

import org.jspecify.annotations.NullMarked;
