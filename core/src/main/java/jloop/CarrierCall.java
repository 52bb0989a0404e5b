package jloop;

/// A call of our own that may run on the bare carrier: it takes no lock, logs nothing and runs
/// no code of users. All other calls go to a [CallRunner].
@FunctionalInterface
interface CarrierCall extends Runnable { }
