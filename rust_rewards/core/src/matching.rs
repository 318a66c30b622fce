//! One-to-one assignment that maximises the summed weight.
//!
//! Boxes that overlap fall into small connected groups; each is solved alone by shortest augmenting paths (Jonker and
//! Volgenant). Among equal totals the result depends on nothing but the order of rows and columns.

#![expect(clippy::indexing_slicing, reason = "dense matrices, whose indices come from loops over their own sizes")]

use crate::limits::TOLERANCE;

/// No node, no source, no sink.
const NONE: usize = usize::MAX;

/// A dense matrix of weights in row-major order.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    values: Vec<f64>,
    columns: usize,
}

impl Weights {
    /// A matrix of `columns` columns; None where the values do not fill its rows.
    #[must_use]
    pub fn new(values: Vec<f64>, columns: usize) -> Option<Self> {
        let is_full = if columns == 0 { values.is_empty() } else { values.len().is_multiple_of(columns) };
        is_full.then_some(Self { values, columns })
    }

    /// Make the matrix empty, for rows of `columns` weights to be pushed.
    pub fn reset(&mut self, columns: usize) {
        self.values.clear();
        self.columns = columns;
    }

    /// Add the next weights, row by row.
    pub fn extend(&mut self, weights: impl Iterator<Item = f64>) {
        self.values.extend(weights);
    }

    /// The weight of a pair.
    #[must_use]
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.columns + column]
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    fn rows(&self) -> usize {
        self.values.len().checked_div(self.columns).unwrap_or(0)
    }

    /// List the pairs that may be matched, row by row.
    fn edges(&self, least: f64, edges: &mut Vec<(usize, usize)>) {
        edges.clear();
        for row in 0..self.rows() {
            let allowed = self.row(row).iter().enumerate().filter(|&(_, &weight)| is_allowed(weight, least));
            edges.extend(allowed.map(|(column, _)| (row, column)));
        }
    }
}

/// Whether a pair of this IoU may be matched: above 0, and at least `least` up to [`TOLERANCE`].
#[must_use]
pub fn is_allowed(iou: f64, least: f64) -> bool {
    iou > 0.0 && iou >= least - TOLERANCE
}

/// Finds assignments; keeps its working memory between them.
#[derive(Debug, Default)]
pub struct Matcher {
    /// The pairs (row, column) of the last assignment, by row.
    pairs: Vec<(usize, usize)>,
    edges: Vec<(usize, usize)>,
    taken: Vec<bool>,
    groups: Groups,
    solver: Solver,
}

impl Matcher {
    /// The pairs (row, column), by row, of the assignment that maximises the summed weight among allowed pairs.
    ///
    /// ```
    /// use rust_rewards::matching::{Matcher, Weights};
    /// let weights = Weights::new(vec![0.9, 0.8, 0.8, 0.0], 2).unwrap();
    /// assert_eq!(Matcher::default().assign(&weights, 0.0), [(0, 1), (1, 0)]);
    /// ```
    pub fn assign(&mut self, weights: &Weights, least: f64) -> &[(usize, usize)] {
        weights.edges(least, &mut self.edges);
        if !self.take_best(weights) {
            self.pairs.clear();
            self.groups.find(&self.edges, weights);
            for row in 0..weights.rows() {
                if let Some(group) = self.groups.first_at(row, weights.rows()) {
                    self.solver.solve(weights, least, group, &mut self.pairs);
                }
            }
            self.pairs.sort_unstable();
        }
        &self.pairs
    }

    /// Give each row its best column. Where no two want the same one, nothing can be better.
    fn take_best(&mut self, weights: &Weights) -> bool {
        self.pairs.clear();
        refill(&mut self.taken, weights.columns, false);
        for edges in self.edges.chunk_by(|a, b| a.0 == b.0) {
            let mut best = edges[0];
            for &edge in edges {
                if weights.at(edge.0, edge.1) > weights.at(best.0, best.1) {
                    best = edge;
                }
            }
            if std::mem::replace(&mut self.taken[best.1], true) {
                return false;
            }
            self.pairs.push(best);
        }
        true
    }
}

/// Rows and columns that are linked by positive weights.
///
/// A node is a row, or the number of rows + a column. A group's root is its first node, which is a row.
#[derive(Debug, Default)]
struct Groups {
    parents: Vec<usize>,
    /// The first node of each root's group, and after each node the next one: in order, so the rows come first.
    first: Vec<usize>,
    next: Vec<usize>,
    members: Vec<usize>,
}

impl Groups {
    fn find(&mut self, edges: &[(usize, usize)], weights: &Weights) {
        let nodes = weights.rows() + weights.columns;
        self.parents.clear();
        self.parents.extend(0..nodes);
        for &(row, column) in edges {
            let (a, b) = (self.root(row), self.root(weights.rows() + column));
            self.parents[a.max(b)] = a.min(b);
        }
        refill(&mut self.first, nodes, NONE);
        refill(&mut self.next, nodes, NONE);
        for node in (0..nodes).rev() {
            let root = self.root(node);
            self.next[node] = std::mem::replace(&mut self.first[root], node);
        }
    }

    fn root(&mut self, mut node: usize) -> usize {
        while self.parents[node] != node {
            self.parents[node] = self.parents[self.parents[node]];
            node = self.parents[node];
        }
        node
    }

    /// The group whose first row this is, if it has columns.
    fn first_at(&mut self, row: usize, rows: usize) -> Option<Group<'_>> {
        self.members.clear();
        let mut node = self.first[row];
        while node != NONE {
            self.members.push(node);
            node = self.next[node];
        }
        let (row_members, column_members) = self.members.split_at(self.members.partition_point(|&node| node < rows));
        (!column_members.is_empty()).then_some(Group { row_members, column_members, rows })
    }
}

/// One group: its rows and its columns as nodes, and how many rows there are in all.
#[derive(Clone, Copy)]
struct Group<'g> {
    row_members: &'g [usize],
    column_members: &'g [usize],
    rows: usize,
}

impl Group<'_> {
    fn rows_are_sources(self) -> bool {
        self.row_members.len() <= self.column_members.len()
    }

    fn sources(self) -> usize {
        self.row_members.len().min(self.column_members.len())
    }

    fn sinks(self) -> usize {
        self.row_members.len().max(self.column_members.len())
    }

    /// The row and the column of a source and a sink.
    fn pair(self, source: usize, sink: usize) -> (usize, usize) {
        let (row, column) = if self.rows_are_sources() { (source, sink) } else { (sink, source) };
        (self.row_members[row], self.column_members[column] - self.rows)
    }
}

/// Shortest augmenting paths over one group, its shorter side as sources.
#[derive(Debug, Default)]
struct Solver {
    gains: Vec<f64>,
    sinks: usize,
    source_price: Vec<f64>,
    sink_price: Vec<f64>,
    distance: Vec<f64>,
    came_from: Vec<usize>,
    source_of: Vec<usize>,
    sink_of: Vec<usize>,
    open: Vec<usize>,
    visited: Vec<usize>,
}

impl Solver {
    fn solve(&mut self, weights: &Weights, least: f64, group: Group<'_>, pairs: &mut Vec<(usize, usize)>) {
        let (sources, sinks) = (group.sources(), group.sinks());
        self.gains.clear();
        for source in 0..sources {
            for sink in 0..sinks {
                let (row, column) = group.pair(source, sink);
                let weight = weights.at(row, column);
                self.gains.push(if is_allowed(weight, least) { weight } else { 0.0 });
            }
        }
        self.assign(sources, sinks);
        let matched = self.sink_of.iter().enumerate().map(|(source, &sink)| group.pair(source, sink));
        pairs.extend(matched.filter(|&(row, column)| is_allowed(weights.at(row, column), least)));
    }

    fn assign(&mut self, sources: usize, sinks: usize) {
        self.sinks = sinks;
        refill(&mut self.source_price, sources, 0.0);
        refill(&mut self.sink_price, sinks, 0.0);
        refill(&mut self.source_of, sinks, NONE);
        refill(&mut self.sink_of, sources, NONE);
        refill(&mut self.came_from, sinks, NONE);
        for source in 0..sources {
            let (last, shortest) = self.shortest_path(source);
            self.reprice(source, shortest);
            self.flip(source, last);
        }
    }

    /// Dijkstra from a free source to the nearest free sink; gives that sink and the length.
    fn shortest_path(&mut self, start: usize) -> (usize, f64) {
        refill(&mut self.distance, self.sinks, f64::INFINITY);
        self.visited.clear();
        self.open.clear();
        self.open.extend((0..self.sinks).rev());
        let (mut source, mut shortest) = (start, 0.0);
        loop {
            let place = self.nearest(source, shortest);
            let sink = self.open.swap_remove(place);
            shortest = self.distance[sink];
            if self.source_of[sink] == NONE {
                return (sink, shortest);
            }
            self.visited.push(sink);
            source = self.source_of[sink];
        }
    }

    /// Relax the edges of a source; gives the place in `open` of the nearest sink, free ones first among equals.
    fn nearest(&mut self, source: usize, so_far: f64) -> usize {
        let gains = &self.gains[source * self.sinks..(source + 1) * self.sinks];
        let (mut least, mut place) = (f64::INFINITY, 0);
        for (k, &sink) in self.open.iter().enumerate() {
            let distance = so_far - gains[sink] - self.source_price[source] - self.sink_price[sink];
            if distance < self.distance[sink] {
                self.distance[sink] = distance;
                self.came_from[sink] = source;
            }
            #[expect(clippy::float_cmp, reason = "a tie is an exact tie")]
            let is_free_tie = self.distance[sink] == least && self.source_of[sink] == NONE;
            if self.distance[sink] < least || is_free_tie {
                (least, place) = (self.distance[sink], k);
            }
        }
        place
    }

    fn reprice(&mut self, start: usize, shortest: f64) {
        self.source_price[start] += shortest;
        for &sink in &self.visited {
            let slack = shortest - self.distance[sink];
            self.source_price[self.source_of[sink]] += slack;
            self.sink_price[sink] -= slack;
        }
    }

    /// Exchange matched and unmatched edges along the path that ends at `sink`.
    fn flip(&mut self, start: usize, mut sink: usize) {
        loop {
            let source = self.came_from[sink];
            self.source_of[sink] = source;
            let before = std::mem::replace(&mut self.sink_of[source], sink);
            if source == start {
                return;
            }
            sink = before;
        }
    }
}

fn refill<T: Clone>(buffer: &mut Vec<T>, len: usize, value: T) {
    buffer.clear();
    buffer.resize(len, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(values: &[f64], columns: usize, least: f64) -> Vec<(usize, usize)> {
        Matcher::default().assign(&Weights::new(values.to_vec(), columns).unwrap(), least).to_vec()
    }

    #[test]
    fn the_best_total_beats_the_best_pair() {
        assert_eq!(pairs(&[0.9, 0.8, 0.7, 0.0], 2, 0.0), [(0, 1), (1, 0)]);
        assert_eq!(pairs(&[0.9, 0.8, 0.7, 0.0], 2, 0.8), [(0, 0)]);
    }

    #[test]
    fn pairs_of_nothing_are_no_pairs() {
        assert!(pairs(&[0.0; 6], 3, 0.0).is_empty());
        assert!(pairs(&[], 3, 0.0).is_empty());
        assert!(pairs(&[], 0, 0.0).is_empty());
    }

    #[test]
    fn the_threshold_has_a_tolerance() {
        assert_eq!(pairs(&[0.5 - 1e-12], 1, 0.5), [(0, 0)]);
        assert!(pairs(&[0.5 - 1e-6], 1, 0.5).is_empty());
    }

    #[test]
    fn more_rows_than_columns() {
        assert_eq!(pairs(&[0.5, 0.1, 0.6, 0.5, 0.7, 0.4], 2, 0.0), [(1, 1), (2, 0)]);
    }
}
