/** Units to speech: duration predictor and unit HiFi-GAN, whole or streamed. */
@NullMarked
package org.spiritlm.vocoder;

import org.jspecify.annotations.NullMarked;
