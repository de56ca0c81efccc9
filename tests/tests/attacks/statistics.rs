//! What times tell, without a guess at how they are distributed.

/// The quantile that lies this many standard deviations from the middle bounds the interval of a median: 99.7 %.
const DEVIATIONS: f64 = 3.0;

/// The smallest number that `share` of the numbers do not exceed; 0.5 is the median.
pub(crate) fn quantile(numbers: &[f64], share: f64) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    // Whole and not negative.
    let rank = (share.clamp(0.0, 1.0) * last as f64).round() as usize;
    sorted[rank]
}

/// By how much one of two things takes longer than the other, when both are tried in pairs: what slows the machine down
/// for a while slows both.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Difference {
    /// How often both were tried.
    pub(crate) pairs: usize,
    /// The median of the differences.
    pub(crate) median: f64,
    /// Between which the true one lies with 99.7 % (order statistics of the sign test).
    pub(crate) interval: (f64, f64),
}

impl Difference {
    /// Of pairs: the time of one, and of the other.
    pub(crate) fn of(pairs: &[(f64, f64)]) -> Self {
        let differences: Vec<f64> = pairs.iter().map(|(one, other)| one - other).collect();
        let margin = DEVIATIONS / 2.0 / (pairs.len() as f64).sqrt();
        Self {
            pairs: pairs.len(),
            median: quantile(&differences, 0.5),
            interval: (quantile(&differences, 0.5 - margin), quantile(&differences, 0.5 + margin)),
        }
    }

    /// Whether the true one is smaller than `bound`, in either direction, with 99.7 %.
    pub(crate) fn is_within(&self, bound: f64) -> bool {
        self.interval.0 > -bound && self.interval.1 < bound
    }
}
