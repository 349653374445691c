package org.spiritlm.torch;

/** Jazzer's entry: whatever bytes a safetensors file has, it is read or refused with a message. */
public final class SafetensorsFuzz {
  private SafetensorsFuzz() {}

  public static void fuzzerTestOneInput(byte[] bytes) {
    FuzzedFile.check(bytes, SafetensorsFile::open);
  }
}
