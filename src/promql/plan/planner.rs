use std::collections::BTreeMap;

use super::error::PlanError;
use super::program::{Block, Groups, Op, Order, Over, Plan, Root, Shift, Slots, Step};
use super::reads::{Anchor, Ask, Read};
use super::{ResolvedLength, expression};
use crate::promql::ast::{Bytes, Expr};
use crate::promql::{Settings, Trail};
use crate::series::{Labels, Layout, STALE};
use crate::units::Duration;

/// A query is not planned; why has been reported.
pub struct Refused;

/// The result of planning one expression.
pub enum Planned {
    /// A number in a slot.
    Scalar(usize),
    /// A text.
    Text(String),
    /// Elements.
    Vector(Elements),
    /// Windows, not looked into yet.
    Matrix(Windows),
}

/// The elements a vector can have: slots and, equally many, their labels, all different.
#[derive(Clone)]
pub struct Elements {
    pub slots: Slots,
    pub labels: Vec<Labels>,
    /// The order of the answer, if this is the answer.
    pub order: Order,
}

/// Windows over series or over a subquery.
pub struct Windows {
    pub over: Over,
    pub range: ResolvedLength,
    pub shift: Shift,
    pub labels: Vec<Labels>,
}

/// Where the moments come from at which the expression in hand is evaluated: (anchor - from, anchor - to].
#[derive(Clone, Copy)]
pub struct Reach {
    pub anchor: Anchor,
    pub from: i64,
    pub to: i64,
}

/// What planning gathers.
pub struct Planner<'a> {
    pub layout: &'a Layout,
    pub settings: &'a Settings,
    pub reach: Reach,
    pub reads: Vec<Read>,
    pub asks: Vec<Ask>,
    errors: Vec<PlanError>,
    block: Block,
    initial: Vec<f64>,
    constants: BTreeMap<u64, usize>,
    cursors: usize,
    grids: Vec<usize>,
}

impl Plan {
    /// Plans a query against all the series there are.
    ///
    /// # Errors
    ///
    /// Everything in the query that is not supported or not valid, in the order written.
    pub fn new(expr: &Expr, layout: &Layout, settings: &Settings) -> Result<Self, Vec<PlanError>> {
        Self::of(expr, layout, settings, None)
    }

    /// As [`Plan::new`]; with a `trail`, of a range query, whose stretches are counted from the moment at which it is asked.
    ///
    /// # Errors
    ///
    /// Everything in the query that is not supported or not valid, in the order written.
    pub fn of(
        expr: &Expr,
        layout: &Layout,
        settings: &Settings,
        trail: Option<Trail>,
    ) -> Result<Self, Vec<PlanError>> {
        let [start, end] = trail.map_or([Duration::ZERO; 2], |trail| [trail.start, trail.end]);
        let mut planner = Planner {
            layout,
            settings,
            reach: Reach {
                anchor: Anchor::Evaluation,
                from: start.as_millis(),
                to: end.as_millis(),
            },
            reads: Vec::new(),
            asks: Vec::new(),
            errors: Vec::new(),
            block: Block::default(),
            initial: Vec::new(),
            constants: BTreeMap::new(),
            cursors: 0,
            grids: Vec::new(),
        };
        let planned = expression::plan(&mut planner, expr);
        let (Ok(planned), true) = (planned, planner.errors.is_empty()) else {
            return Err(planner.errors);
        };
        let (root, labels) = planner.root(planned);
        let (mut reads, mut asks) = (planner.reads, planner.asks);
        if trail.is_some() {
            let reads = reads.iter_mut();
            let reads = reads.map(|read| (&mut read.anchor, &mut read.from, &mut read.to));
            let asks = asks.iter_mut();
            let asks = asks.map(|ask| (&mut ask.anchor, &mut ask.from, &mut ask.to));
            for (anchor, from, to) in reads.chain(asks) {
                let age = match anchor {
                    Anchor::Start => start,
                    Anchor::End => end,
                    Anchor::Evaluation | Anchor::At(_) => continue,
                };
                (*anchor, *from, *to) = (Anchor::Evaluation, *from + age, *to + age);
            }
        }
        reads.sort_unstable();
        reads.dedup();
        Ok(Self {
            settings: settings.clone(),
            block: planner.block,
            initial: planner.initial,
            cursors: planner.cursors,
            grids: planner.grids,
            root,
            labels,
            reads,
            asks,
            trail,
        })
    }
}

impl Planner<'_> {
    fn root(&mut self, planned: Planned) -> (Root, Vec<Labels>) {
        match planned {
            Planned::Scalar(slot) => (Root::Scalar(slot), Vec::new()),
            Planned::Text(text) => (Root::Text(text), Vec::new()),
            Planned::Vector(Elements { slots, labels, order }) => {
                let sorted = sorted(&labels);
                let order = match order {
                    Order::GroupAndValue { groups, descending } => Order::GroupAndValue {
                        groups: sorted.iter().map(|&n| groups[n as usize]).collect(),
                        descending,
                    },
                    order => order,
                };
                let slots = sorted.iter().map(|&n| slots.start as u32 + n).collect();
                (Root::Vector { slots, order }, in_order(&labels, &sorted))
            }
            Planned::Matrix(Windows {
                over,
                range,
                shift,
                labels,
            }) => {
                let (cursor, grid) = self.places(&over);
                let order = sorted(&labels);
                let mut places = vec![0; order.len()];
                for (n, &column) in order.iter().enumerate() {
                    places[column as usize] = n as u32;
                }
                let root = Root::Matrix {
                    over,
                    range,
                    shift,
                    labels: places,
                    cursor,
                    grid,
                };
                (root, in_order(&labels, &order))
            }
        }
    }

    /// Reports what Prometheus refuses as well.
    pub fn invalid(&mut self, at: &Bytes, message: impl Into<String>) -> Refused {
        self.report(at, message.into(), None, false)
    }

    /// Reports what Prometheus would answer.
    pub fn unsupported(&mut self, at: &Bytes, message: impl Into<String>, help: Option<&str>) -> Refused {
        self.report(at, message.into(), help.map(str::to_owned), true)
    }

    fn report(&mut self, at: &Bytes, message: String, help: Option<String>, unsupported: bool) -> Refused {
        self.errors.push(PlanError {
            at: at.clone(),
            message,
            help,
            unsupported,
        });
        Refused
    }

    fn allocate(&mut self, len: usize) -> Slots {
        let start = self.initial.len();
        self.initial.resize(start + len, STALE);
        Slots { start, len }
    }

    /// The slot that holds a number.
    pub fn constant(&mut self, value: f64) -> usize {
        if let Some(&slot) = self.constants.get(&value.to_bits()) {
            return slot;
        }
        let slot = self.allocate(1).start;
        self.initial[slot] = value;
        self.constants.insert(value.to_bits(), slot);
        slot
    }

    /// The number in a slot, if it is always the same.
    pub fn known(&self, slot: usize) -> Option<f64> {
        let value = self.initial[slot];
        (self.constants.get(&value.to_bits()) == Some(&slot)).then_some(value)
    }

    /// Adds a step with `len` answers and says where they go. The same step is never done twice.
    pub fn step(&mut self, op: Op, len: usize) -> Slots {
        if let Some(same) = self.block.steps.iter().find(|step| step.op == op) {
            return same.out;
        }
        let (cursor, grid) = match &op {
            Op::Select { from, .. } => {
                self.cursors += from.axes.len();
                (self.cursors - from.axes.len(), 0)
            }
            Op::Window { over, .. } => self.places(over),
            _ => (0, 0),
        };
        let out = self.allocate(len);
        self.block.steps.push(Step {
            op,
            out,
            cursor,
            grid,
        });
        out
    }

    /// The first cursor, and the grid, of a window's samples.
    fn places(&mut self, over: &Over) -> (usize, usize) {
        match over {
            Over::Series(selection) => {
                self.cursors += 2 * selection.axes.len();
                (self.cursors - 2 * selection.axes.len(), 0)
            }
            Over::Subquery { answers, .. } => {
                self.grids.push(answers.len);
                (0, self.grids.len() - 1)
            }
        }
    }

    /// Plans into a block of its own what is evaluated at other moments.
    pub fn inside<T>(&mut self, reach: Reach, plan: impl FnOnce(&mut Self) -> T) -> (T, Block) {
        let outer = std::mem::take(&mut self.block);
        let outside = std::mem::replace(&mut self.reach, reach);
        let planned = plan(self);
        self.reach = outside;
        (planned, std::mem::replace(&mut self.block, outer))
    }

    /// The elements in `slots` under `labels`: where labels are equal, at most one may be there at a time.
    pub fn elements(&mut self, slots: Slots, labels: Vec<Labels>) -> Elements {
        let mut groups = BTreeMap::<&Labels, Vec<u32>>::new();
        for (n, labels) in labels.iter().enumerate() {
            groups.entry(labels).or_default().push((slots.start + n) as u32);
        }
        if groups.len() == labels.len() {
            return Elements {
                slots,
                labels,
                order: Order::Labels,
            };
        }
        let (united, members): (Vec<_>, Vec<_>) = groups.into_iter().map(|(l, m)| (l.clone(), m)).unzip();
        let op = Op::Unite {
            groups: Groups::new(members),
            labels: united.clone(),
        };
        Elements {
            slots: self.step(op, united.len()),
            labels: united,
            order: Order::Labels,
        }
    }
}

/// Indices in ascending order of labels.
fn sorted(labels: &[Labels]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..labels.len() as u32).collect();
    order.sort_by(|&a, &b| labels[a as usize].cmp(&labels[b as usize]));
    order
}

fn in_order(labels: &[Labels], order: &[u32]) -> Vec<Labels> {
    order.iter().map(|&n| labels[n as usize].clone()).collect()
}
