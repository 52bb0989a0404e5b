package jloop;

/// How far into the JDK a loop reaches to schedule its coroutines. Behaviour is the same at
/// each level; cost is not. The best one available is taken, or the one that the system
/// property `jloop.level` names.
public enum Level {

    /// The loop is the scheduler of its virtual threads. Needs
    /// `--add-opens java.base/java.lang=jloop` (`=ALL-UNNAMED` on the class path).
    OPENED,

    /// The same without the option, through a trusted lookup of `jdk.unsupported`. Only when
    /// the property asks for it.
    TRUSTED,

    /// No access to the JDK: ordinary virtual threads pass a baton, several times slower.
    HANDOFF
}
