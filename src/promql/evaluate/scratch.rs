use crate::promql::Plan;
use crate::promql::functions::Bucket;

/// Samples that a plan may load for one evaluation: Prometheus' default of `--query.max-samples`.
const SAMPLES: u64 = 50_000_000;

/// Cursors and buffers of one plan's evaluations, to be used again and again. One per worker.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// One value per slot of the plan.
    pub(super) values: Vec<f64>,
    pub(super) cursors: Vec<usize>,
    pub(super) grids: Vec<Grid>,
    pub(super) buffers: Buffers,
    /// Samples that may still be loaded.
    pub(super) budget: u64,
    pub(super) answer: Answer,
    /// Of range queries: the place of a series among the plan's, the number of a moment, and the sample there.
    pub(super) trail: Vec<(u32, u32, f64)>,
}

/// Answers of a subquery's block at the moments of its grid; columns are as long as `times`.
#[derive(Clone, Debug, Default)]
pub(super) struct Grid {
    pub times: Vec<i64>,
    pub columns: Vec<Vec<f64>>,
}

/// Room for what is sorted.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers {
    pub values: Vec<f64>,
    pub ranked: Vec<(f64, u32)>,
    pub buckets: Vec<Bucket>,
}

/// The elements of an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// Of instant vectors: which of the plan's label sets.
    pub labels: Vec<u32>,
    pub values: Vec<f64>,
    /// Of range vectors: times, and for each element which of the plan's label sets, and where its samples lie.
    pub times: Vec<i64>,
    pub spans: Vec<(u32, usize, usize)>,
}

impl Plan {
    /// Room for evaluations of this plan.
    pub fn scratch(&self) -> Scratch {
        let grids = self.grids.iter().map(|&columns| Grid {
            times: Vec::new(),
            columns: vec![Vec::new(); columns],
        });
        Scratch {
            values: self.initial.clone(),
            cursors: vec![0; self.cursors],
            grids: grids.collect(),
            buffers: Buffers::default(),
            budget: 0,
            answer: Answer::default(),
            trail: Vec::new(),
        }
    }
}

impl Scratch {
    /// Whether the scratch was made by `plan` or by one of the same shape.
    pub(super) fn fits(&self, plan: &Plan) -> bool {
        self.values.len() == plan.initial.len()
            && self.cursors.len() == plan.cursors
            && self.grids.len() == plan.grids.len()
    }

    pub(super) fn refill(&mut self) {
        self.budget = SAMPLES;
    }

    /// Takes `samples` from what may be loaded; false when there are not so many left.
    pub(super) fn spend(&mut self, samples: usize) -> bool {
        let left = self.budget.checked_sub(samples as u64);
        self.budget = left.unwrap_or(0);
        left.is_some()
    }
}
