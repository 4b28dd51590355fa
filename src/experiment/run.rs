use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Seeds that a worker takes at a time: enough that taking them costs nothing, few enough that a stop is prompt.
const SEEDS_AT_A_TIME: u64 = 8;

/// Which seeds are played and how; nothing of it changes what comes out of a seed.
pub struct Seeds<'a> {
    /// First seed.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// Threads; `None`: one for each core.
    pub threads: Option<usize>,
    /// Set from outside to stop early.
    pub stop: &'a AtomicBool,
    /// Told the number of seeds done so far, from any thread.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

impl Seeds<'static> {
    /// The first `count` seeds, 1 and on, on all cores; nothing stops it, nobody is told.
    pub const fn first(count: u64) -> Self {
        static GOES_ON: AtomicBool = AtomicBool::new(false);
        Self {
            first: 1,
            count,
            threads: None,
            stop: &GOES_ON,
            progress: &|_| {},
        }
    }
}

impl Seeds<'_> {
    /// Plays every seed with a worker's own state, in parallel.
    ///
    /// Returns one result a seed in order of seeds: all of them, or, after a stop, the longest complete run from the
    /// first one. So nothing is selected by how long it took.
    ///
    /// # Panics
    ///
    /// If the operating system gives no threads, or `play` panics.
    pub fn play<S, T: Send>(
        &self,
        state: impl Fn() -> S + Sync,
        play: impl Fn(&mut S, u64) -> T + Sync,
    ) -> Vec<T> {
        let blocks = self.count.div_ceil(SEEDS_AT_A_TIME);
        let next = AtomicU64::new(0);
        let done = AtomicU64::new(0);
        let results: Mutex<Vec<Option<Vec<T>>>> = Mutex::new((0..blocks).map(|_| None).collect());
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads.unwrap_or(0))
            .build()
            .expect("the operating system gives threads");
        pool.broadcast(|_| {
            let mut state = state();
            while !self.stop.load(Ordering::Relaxed) {
                let block = next.fetch_add(1, Ordering::Relaxed);
                if block >= blocks {
                    break;
                }
                let start = block * SEEDS_AT_A_TIME;
                let end = (start + SEEDS_AT_A_TIME).min(self.count);
                let played: Vec<T> = (start..end)
                    .map(|seed| play(&mut state, self.first + seed))
                    .collect();
                results.lock().expect("no worker panicked")[block as usize] = Some(played);
                (self.progress)(done.fetch_add(end - start, Ordering::Relaxed) + end - start);
            }
        });
        let results = results.into_inner().expect("no worker panicked");
        results.into_iter().map_while(|block| block).flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds<'a>(
        threads: usize,
        count: u64,
        stop: &'a AtomicBool,
        progress: &'a (dyn Fn(u64) + Sync),
    ) -> Seeds<'a> {
        Seeds {
            first: 5,
            count,
            threads: Some(threads),
            stop,
            progress,
        }
    }

    #[test]
    fn results_stand_in_order_of_seeds_whatever_the_threads() {
        let stop = AtomicBool::new(false);
        for threads in [1, 4] {
            let squares = seeds(threads, 100, &stop, &|_| {}).play(|| (), |(), seed| seed * seed);
            assert_eq!(squares, (5..105).map(|seed| seed * seed).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_stop_keeps_the_longest_complete_run() {
        let stop = AtomicBool::new(false);
        let progress = |done| {
            if done >= 40 {
                stop.store(true, Ordering::Relaxed);
            }
        };
        let kept = seeds(2, 10_000, &stop, &progress).play(|| (), |(), seed| seed);
        assert!(kept.len() >= 32 && kept.len() < 10_000, "{}", kept.len());
        assert_eq!(kept, (5..5 + kept.len() as u64).collect::<Vec<_>>());
    }
}
