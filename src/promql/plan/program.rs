use super::length::ResolvedLength;
use super::matching::{Match, SetGroup};
use super::{Aggregation, Anchor, Ask, Bounds, Extreme, Histogram, Read};
use crate::promql::ast::BinaryOp;
use crate::promql::functions::{Elementwise, OverWindow};
use crate::promql::{Settings, Trail};
use crate::series::{AxisId, Labels};

/// A run of slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    /// The first.
    pub start: usize,
    /// How many.
    pub len: usize,
}

impl Slots {
    /// The same as a range.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start..self.start + self.len
    }
}

/// A query resolved against a layout: which series it reads, which answers it can give, and the steps from the one to
/// the other.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(in crate::promql) settings: Settings,
    pub(in crate::promql) block: Block,
    /// One value per slot: the constants, and the stale marker elsewhere.
    pub(in crate::promql) initial: Vec<f64>,
    pub(in crate::promql) cursors: usize,
    /// For each subquery the number of its columns.
    pub(in crate::promql) grids: Vec<usize>,
    pub(in crate::promql) root: Root,
    pub(super) labels: Vec<Labels>,
    pub(super) reads: Vec<Read>,
    pub(super) asks: Vec<Ask>,
    /// The moments, where it is a range query.
    pub(super) trail: Option<Trail>,
}

impl Plan {
    /// The samples an evaluation may look at, ascending by series, each stretch once.
    pub fn reads(&self) -> &[Read] {
        &self.reads
    }

    /// The moments at which it is evaluated, if it was planned as a range query.
    pub fn trail(&self) -> Option<Trail> {
        self.trail
    }

    /// What its selectors ask for, in the order they are planned.
    pub fn asks(&self) -> &[Ask] {
        &self.asks
    }

    /// The label sets that elements of the answer can have, ascending; empty for scalars and texts.
    pub fn labels(&self) -> &[Labels] {
        &self.labels
    }
}

/// What the answer is made of.
#[derive(Clone, Debug)]
pub enum Root {
    /// The number in a slot.
    Scalar(usize),
    /// A text.
    Text(String),
    /// Slots in ascending order of their labels (which are the plan's), and the order of the answer.
    Vector { slots: Vec<u32>, order: Order },
    /// Samples of windows; for each column which of the plan's labels it has.
    Matrix {
        over: Over,
        range: ResolvedLength,
        shift: Shift,
        labels: Vec<u32>,
        cursor: usize,
        grid: usize,
    },
}

/// The order of an answer's elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// By labels.
    Labels,
    /// By value, NaN last (`sort`, `sort_desc`).
    Value { descending: bool },
    /// By group, then by value, NaN last (`topk`, `bottomk`); the group of each element, in the order of labels.
    GroupAndValue { groups: Vec<u32>, descending: bool },
}

/// Steps that are run together, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    pub steps: Vec<Step>,
}

/// One step: what is done, and where its answers go.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub op: Op,
    pub out: Slots,
    /// The first of its cursors.
    pub cursor: usize,
    /// Its subquery's grid, if it has one.
    pub grid: usize,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// The moment of evaluation in seconds.
    Time,
    /// The newest sample of each series, or its time in seconds.
    Select {
        from: Selection,
        shift: Shift,
        taken: Taken,
    },
    /// A function of each series' samples in a window.
    Window {
        function: OverWindow,
        over: Over,
        range: ResolvedLength,
        shift: Shift,
        parameter: Option<usize>,
    },
    /// A function of each value.
    Each {
        function: Elementwise,
        input: Slots,
        parameters: [usize; 2],
    },
    /// An operator between two numbers; comparisons give 0 or 1.
    Numbers { op: BinaryOp, left: usize, right: usize },
    /// An operator between each value and one number.
    Broadcast {
        op: BinaryOp,
        truth: bool,
        vector: Slots,
        number: usize,
        number_left: bool,
    },
    /// An operator between elements that match.
    Match(Box<Match>),
    /// `and`, `unless`, `or`.
    Set { op: BinaryOp, groups: Vec<SetGroup> },
    /// One value for each group of elements.
    Aggregate {
        function: Aggregation,
        groups: Groups,
        parameter: Option<usize>,
    },
    /// The k best elements of each group.
    Best {
        extreme: Extreme,
        input: Slots,
        groups: Groups,
        count: usize,
    },
    /// One value for each classic histogram.
    Histogram {
        function: Histogram,
        histograms: Vec<Bounds>,
        parameters: [usize; 2],
    },
    /// 1 if there is no element.
    Absent { input: Slots },
    /// The only element, or NaN.
    Single { input: Slots },
    /// The time of evaluation in seconds for each element.
    TimeOfEach { input: Slots },
    /// Elements whose labels became equal: one of them may be there.
    Unite { groups: Groups, labels: Vec<Labels> },
}

/// What is taken of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Value,
    Timestamp,
}

/// `offset` and `@`.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    pub anchor: Anchor,
    pub offset: ResolvedLength,
}

/// Where the samples of a window come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Over {
    /// Series.
    Series(Selection),
    /// The answers of a block at the moments of a grid.
    Subquery {
        block: Block,
        answers: Slots,
        step: ResolvedLength,
    },
}

/// Series, by axis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub axes: Vec<AxisColumns>,
}

/// Series that share an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AxisColumns {
    pub axis: AxisId,
    /// For each series its column, and its place among the slots of the selection.
    pub columns: Vec<(u32, u32)>,
}

/// Groups of slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    members: Vec<u32>,
    ends: Vec<u32>,
}

impl Groups {
    /// Groups with these members.
    pub fn new(groups: impl IntoIterator<Item = Vec<u32>>) -> Self {
        let mut all = Self::default();
        for group in groups {
            all.members.extend(group);
            all.ends.push(all.members.len() as u32);
        }
        all
    }

    /// The members of each group.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let mut rest = &self.members[..];
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let (group, others) = rest.split_at((end - start) as usize);
            (rest, start) = (others, end);
            group
        })
    }
}
