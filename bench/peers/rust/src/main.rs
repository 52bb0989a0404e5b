//! peers echo|sink|http ADDRESS: tokio on one thread, a task for each connection.
//! peers sched CASE REPETITIONS: its tasks, channels and timers.

mod sched;
mod server;

use tokio::runtime::Builder;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    if args[1] == "sched" {
        sched::run(&runtime, &args[2], args[3].parse().unwrap());
    } else {
        server::allow_many_files();
        runtime.block_on(server::run(&args[1], &args[2])).unwrap();
    }
}
