package org.spiritlm.app;

import picocli.CommandLine.IVersionProvider;

/** What is running. */
final class Versions implements IVersionProvider {
  /** This program's version, or "unpackaged" where it runs from its classes. */
  static String spiritlm() {
    String version = Versions.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  /** This program, the JVM and the system on one line. */
  static String all() {
    return "spiritlm "
        + spiritlm()
        + ", Java "
        + Runtime.version()
        + ", "
        + System.getProperty("os.name")
        + " "
        + System.getProperty("os.arch");
  }

  @Override
  public String[] getVersion() {
    return new String[] {all()};
  }
}
