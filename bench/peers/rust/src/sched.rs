use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::yield_now;

const SPAWNS: u64 = 1_000_000;
const YIELDERS: usize = 100;
const YIELDS_EACH: usize = 100_000;
const PINGS: u64 = 1_000_000;
const TIMERS: u64 = 1_000_000;
const CALLS: u64 = 2_000_000;

pub fn run(runtime: &Runtime, case: &str, repetitions: usize) {
    for repetition in 0..repetitions {
        let start = Instant::now();
        match case {
            "spawn" => runtime.block_on(spawn()),
            "yield" => runtime.block_on(yields()),
            "pingpong" => runtime.block_on(pingpong()),
            "timers" => runtime.block_on(timers()),
            "threadsafe" => runtime.block_on(threadsafe()),
            _ => panic!("no case {case}"),
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("{{\"case\":\"{case}\",\"rep\":{repetition},\"s\":{seconds:.6}}}");
    }
}

async fn spawn() {
    static SUM: AtomicU64 = AtomicU64::new(0);
    SUM.store(0, Relaxed);
    let add = |number| async move {
        yield_now().await;
        SUM.fetch_add(number, Relaxed);
    };
    let tasks: Vec<_> = (0..SPAWNS).map(|number| tokio::spawn(add(number))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(SUM.load(Relaxed), SPAWNS * (SPAWNS - 1) / 2);
}

async fn yields() {
    let turns = || async {
        for _ in 0..YIELDS_EACH {
            yield_now().await;
        }
    };
    let tasks: Vec<_> = (0..YIELDERS).map(|_| tokio::spawn(turns())).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn pingpong() {
    let (there, mut there_end) = unbounded_channel();
    let (back, mut back_end) = unbounded_channel();
    let answer = tokio::spawn(async move {
        for _ in 0..PINGS {
            back.send(there_end.recv().await.unwrap() + 1).unwrap();
        }
    });
    let ask = tokio::spawn(async move {
        for i in 0..PINGS {
            there.send(i).unwrap();
            assert_eq!(back_end.recv().await.unwrap(), i + 1);
        }
    });
    answer.await.unwrap();
    ask.await.unwrap();
}

/// A task asleep for each timer; the odd half is aborted at once.
async fn timers() {
    let mut chance: u64 = 1;
    let mut sleepers = Vec::new();
    for _ in 0..TIMERS {
        // Knuth's MMIX generator: the standard library has none.
        chance = chance.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let delay = Duration::from_micros((chance >> 33) % 1_000_000);
        sleepers.push(tokio::spawn(tokio::time::sleep(delay)));
    }
    for odd in sleepers.iter().skip(1).step_by(2) {
        odd.abort();
    }
    let mut fired = 0;
    for sleeper in sleepers {
        fired += u64::from(sleeper.await.is_ok());
    }
    assert_eq!(fired, TIMERS / 2);
}

/// A thread sends functions, the task takes and runs them.
async fn threadsafe() {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    COUNT.store(0, Relaxed);
    let (calls, mut calls_end) = unbounded_channel::<Box<dyn FnOnce() + Send>>();
    let caller = std::thread::spawn(move || {
        for _ in 0..CALLS {
            let call = || {
                COUNT.fetch_add(1, Relaxed);
            };
            assert!(calls.send(Box::new(call)).is_ok());
        }
    });
    while let Some(call) = calls_end.recv().await {
        call();
    }
    caller.join().unwrap();
    assert_eq!(COUNT.load(Relaxed), CALLS);
}
