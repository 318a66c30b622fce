//! A batch cut into chunks, on scoped threads that end with the call: nothing outlives it, so a fork is safe at any time.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use thiserror::Error;

/// Below this many items a second thread costs more than it saves.
const CHUNK: usize = 256;

/// Run `work` over `0..n` in at most `threads` chunks; the results come in order of the chunks.
///
/// ```
/// let sums = rust_rewards::parallel::chunks(1000, 2, |range| range.sum::<usize>());
/// assert_eq!(sums.iter().sum::<usize>(), 499_500);
/// ```
pub fn chunks<T: Send>(n: usize, threads: usize, work: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let count = threads.min(n / CHUNK).max(1);
    if count == 1 {
        return vec![work(0..n)];
    }
    let bounds = |chunk: usize| chunk * n / count..(chunk + 1) * n / count;
    let work = &work;
    thread::scope(|scope| {
        let others: Vec<_> = (1..count).map(|chunk| scope.spawn(move || work(bounds(chunk)))).collect();
        let first = work(bounds(0));
        let joined = others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        std::iter::once(first).chain(joined).collect()
    })
}

/// A result for each item, in order.
///
/// ```
/// let doubled = rust_rewards::parallel::map(3, 2, || (), |(), i| 2 * i);
/// assert_eq!(doubled, [0, 2, 4]);
/// ```
pub fn map<T: Send, S>(
    n: usize,
    threads: usize,
    scratch: impl Fn() -> S + Sync,
    item: impl Fn(&mut S, usize) -> T + Sync,
) -> Vec<T> {
    let parts = chunks(n, threads, |range| {
        let mut scratch = scratch();
        range.map(|i| item(&mut scratch, i)).collect::<Vec<T>>()
    });
    match <[Vec<T>; 1]>::try_from(parts) {
        Ok([only]) => only,
        Err(parts) => parts.into_iter().flatten().collect(),
    }
}

/// A bug of this crate, caught before it could end the process.
#[derive(Debug, Error)]
#[error("The reward engine failed inside: {0}. This is a bug of geovlm; please report it with the completions.")]
pub struct Panicked(String);

/// Run `work`; a panic in it becomes a value.
///
/// ```
/// use rust_rewards::parallel::guarded;
/// assert_eq!(guarded(|| 1).unwrap(), 1);
/// assert!(guarded(|| [0][..].iter().map(|zero| 1 / zero).sum::<i32>()).is_err());
/// ```
///
/// # Errors
/// `Panicked` with the panic's message.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| Panicked(message(&*panic)))
}

fn message(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "no message".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept() {
        for threads in [1, 2, 3, 8] {
            let squares = map(3000, threads, || (), |(), i| i * i);
            assert_eq!(squares, (0..3000).map(|i| i * i).collect::<Vec<_>>());
        }
    }

    #[test]
    fn nothing_to_do() {
        assert_eq!(map(0, 4, || (), |(), i| i), Vec::<usize>::new());
    }

    #[test]
    fn a_panic_in_a_thread_is_caught() {
        let result = guarded(|| map(3000, 4, || (), |(), i| assert!(i < 2999, "row {i}")));
        assert!(result.unwrap_err().to_string().contains("row 2999"));
    }
}
