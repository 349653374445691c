package org.spiritlm.torch;

/**
 * A stretch of elements in a PyTorch file.
 *
 * @param key its name in the file
 * @param first the first element of the stretch, counted in the storage of this name
 */
record PickledStorage(String key, DType dtype, long first, long elements) {}
