/// The command line, compiled programs, and the first class of a program's JVM.
///
/// Two kinds of JVM run this code. [Main] runs in the JVM of the command line, on the module
/// path, with picocli and the compiler beside it. [Program] runs in the JVM of a user's
/// program, on the class path, with the module `jloop` and nothing else: it uses no other class
/// of this package.
package jloop.cli;
