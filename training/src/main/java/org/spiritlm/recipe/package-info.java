/**
 * Training parts of a model by their settings, and the recipe, which trains all of them: from a
 * corpus to models.
 */
@NullMarked
package org.spiritlm.recipe;

import org.jspecify.annotations.NullMarked;
