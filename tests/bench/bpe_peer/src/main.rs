//! bpe-peer ENCODING FILE.. - what bench_token.c prints, by the crate bpe-openai: a line for the start, then one for each file.
use std::hint::black_box;

/// Processor time of this thread, in nanoseconds.
fn now() -> i64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut t) };
    t.tv_sec * 1_000_000_000 + t.tv_nsec
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let start = now();
    let tokenizer = match args[1].as_str() {
        "cl100k_base" => bpe_openai::cl100k_base(),
        _ => bpe_openai::o200k_base(),
    };
    black_box(tokenizer.count("exactly"));
    println!("{{\"start\": {}}}", now() - start);
    for path in &args[2..] {
        let text = String::from_utf8(std::fs::read(path).unwrap()).unwrap();
        let mut times = Vec::new();
        let mut tokens = 0;
        for _ in 0..4 {
            let from = now();
            tokens = black_box(tokenizer.count(black_box(text.as_str())));
            times.push(now() - from);
        }
        println!(
            "{{\"file\": {:?}, \"tokens\": {}, \"first\": {}, \"again\": {}}}",
            path, tokens, times[0], times[1..].iter().min().unwrap()
        );
    }
}
