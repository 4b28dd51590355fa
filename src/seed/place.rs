use serde::{Deserialize, Serialize};

use super::normal::{normal_quantile, normal_quantiles};

/// Weyl increment of the golden ratio: neighbours in number are strangers after [`mix`].
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
const SILVER: u64 = 0xd1b5_4a32_d192_ed03;

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014; Stafford's variant 13): a bijection whose every output bit
/// depends on every input bit.
#[inline]
const fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// FNV-1a, then mixed: names are short and hashed before the first trial.
const fn hash(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut n = 0;
    while n < bytes.len() {
        hash = (hash ^ bytes[n] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        n += 1;
    }
    mix(hash)
}

#[cfg(feature = "count-draws")]
thread_local! {
    static DRAWS: core::cell::Cell<u64> = const { core::cell::Cell::new(0) };
}

/// Places that this thread has gone to so far, each for one draw (of a number, or of one set of points).
#[cfg(feature = "count-draws")]
pub fn draws() -> u64 {
    DRAWS.get()
}

/// Where all luck of a trial begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// A stream of its own for one kind of luck (`errors`, `traffic`).
    #[must_use]
    pub const fn stream(self, name: &str) -> Stream {
        Stream::named(Stream(mix(self.0.wrapping_add(GOLDEN))), name)
    }
}

/// One kind of luck, possibly of one named thing (an arm, a pod).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stream(u64);

impl Stream {
    /// The part of the stream that belongs to `name`: a canonical series, a pod, an arm; never a list index.
    #[must_use]
    pub const fn named(self, name: &str) -> Self {
        self.keyed(Key(hash(name)))
    }

    /// As [`Stream::named`], with the name hashed before.
    #[must_use]
    #[inline]
    pub const fn keyed(self, key: Key) -> Self {
        Self(mix(self.0.rotate_left(23) ^ key.0))
    }

    /// A cell of the stream: a slot, the number of a scrape.
    #[must_use]
    #[inline]
    pub fn at(self, slot: i64) -> Place {
        #[cfg(feature = "count-draws")]
        DRAWS.set(DRAWS.get() + 1);
        Place(mix(self.0.wrapping_add((slot as u64).wrapping_mul(GOLDEN))))
    }
}

/// A name, hashed once for use in many trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u64);

impl Key {
    /// The hash of `name`.
    pub const fn new(name: &str) -> Self {
        Self(hash(name))
    }
}

/// One place: every draw taken from it is the same, whenever and however often it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(u64);

impl Place {
    /// 64 random bits; `node` and `word` tell many of one place apart.
    #[inline]
    pub(super) const fn bits(self, node: u64, word: u64) -> u64 {
        mix(self
            .0
            .wrapping_add(node.wrapping_mul(GOLDEN))
            .wrapping_add(word.wrapping_mul(SILVER)))
    }

    /// Uniform in [0, 1), of 53 bits.
    #[inline]
    pub const fn uniform(self) -> f64 {
        (self.bits(0, 0) >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in (0, 1): the middle of one of 2^52 equal cells.
    #[inline]
    pub const fn open_uniform(self) -> f64 {
        ((self.bits(0, 0) >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
    }

    /// Standard normal.
    #[inline]
    pub fn normal(self) -> f64 {
        normal_quantile(self.open_uniform())
    }

    /// Standard normals of several places: what [`Place::normal`] gives of each, sooner.
    #[inline]
    pub fn normals<const N: usize>(places: [Self; N]) -> [f64; N] {
        normal_quantiles(places.map(Self::open_uniform))
    }

    /// Exponential with mean 1.
    pub fn exponential(self) -> f64 {
        -libm::log(self.open_uniform())
    }

    /// Whether an event of probability `p` happens; once it does, it does for every greater `p`.
    #[inline]
    pub fn happens(self, p: f64) -> bool {
        self.uniform() < p
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finaliser_is_splitmix64() {
        // First outputs of SplitMix64 seeded with 1234567, as published with the reference implementation.
        let published = [
            6_457_827_717_110_365_317_u64,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        for (n, expected) in (1_u64..).zip(published) {
            assert_eq!(mix(1_234_567_u64.wrapping_add(n.wrapping_mul(GOLDEN))), expected);
        }
    }

    #[test]
    fn names_and_slots_tell_places_apart() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..20 {
            for stream in ["traffic", "errors", "latency"] {
                for pod in ["canary-0", "canary-1", "stable-0"] {
                    for slot in -20..20 {
                        seen.insert(Seed(seed).stream(stream).named(pod).at(slot).bits(0, 0));
                    }
                }
            }
        }
        assert_eq!(seen.len(), 20 * 3 * 3 * 40);
    }

    #[test]
    fn uniforms_normals_and_exponentials_have_their_moments() {
        let stream = Seed(7).stream("moments");
        let n = 200_000;
        let mut sums = [0.0; 6];
        for slot in 0..n {
            let (u, z, e) = (
                stream.at(slot).uniform(),
                stream.at(slot).normal(),
                stream.at(slot).exponential(),
            );
            for (sum, x) in sums.iter_mut().zip([u, u * u, z, z * z, e, e * e]) {
                *sum += x / n as f64;
            }
        }
        // Five standard errors of each mean.
        let expected = [
            (0.5, 0.289),
            (1.0 / 3.0, 0.298),
            (0.0, 1.0),
            (1.0, 1.414),
            (1.0, 1.0),
            (2.0, 4.472),
        ];
        for (sum, (mean, sd)) in sums.iter().zip(expected) {
            assert!(
                (sum - mean).abs() < 5.0 * sd / libm::sqrt(n as f64),
                "{sum} is not near {mean}"
            );
        }
    }
}
