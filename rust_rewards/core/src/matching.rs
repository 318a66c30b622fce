//! One-to-one assignment that maximises the summed weight.
//!
//! Each row gets its best column. Where several want one column, all but one turn to their second best, if nobody wants that.
//! Else boxes that overlap fall into small connected groups, and the group is solved alone by shortest augmenting paths
//! (Jonker and Volgenant). Among equal totals the result depends on nothing but the order of rows and columns.

#![expect(clippy::indexing_slicing, reason = "dense matrices, whose indices come from loops over their own sizes")]

use crate::limits::TOLERANCE;

/// No node, no source, no sink.
const NONE: usize = usize::MAX;

/// A row, a column and the weight of the two together.
pub type Pair = (usize, usize, f64);

/// The pairs that may be matched, by row: of the boxes of an image few meet.
#[derive(Clone, Debug, Default)]
pub struct Edges {
    pairs: Vec<Pair>,
    rows: usize,
    columns: usize,
    least: f64,
}

impl Edges {
    /// The allowed pairs of a dense matrix of weights in row-major order; see [`is_allowed`].
    #[must_use]
    pub fn of_matrix(values: &[f64], columns: usize, least: f64) -> Self {
        let mut edges = Self::default();
        edges.reset(values.len().checked_div(columns).unwrap_or(0), columns, least);
        for (row, weights) in values.chunks_exact(columns.max(1)).enumerate() {
            weights.iter().enumerate().for_each(|(column, &weight)| edges.offer(row, column, weight));
        }
        edges
    }

    /// Forget all pairs; those to come are of so many rows and columns, and weigh `least` or more.
    pub fn reset(&mut self, rows: usize, columns: usize, least: f64) {
        self.pairs.clear();
        (self.rows, self.columns, self.least) = (rows, columns, least);
    }

    /// Add a pair if it is allowed; rows come in order.
    #[inline]
    pub fn offer(&mut self, row: usize, column: usize, weight: f64) {
        self.pairs.push((row, column, weight));
        let refused = usize::from(!is_allowed(weight, self.least));
        self.pairs.truncate(self.pairs.len() - refused); // no branch: whether a pair stays is hard to foresee
    }
}

/// Whether a pair of this IoU may be matched: above 0, and at least `least` up to [`TOLERANCE`].
#[must_use]
pub fn is_allowed(iou: f64, least: f64) -> bool {
    u8::from(iou > 0.0) & u8::from(iou >= least - TOLERANCE) == 1
}

/// Finds assignments; keeps its working memory between them.
#[derive(Debug, Default)]
pub struct Matcher {
    /// The pairs of the last assignment, by row.
    pairs: Vec<Pair>,
    taken: Vec<bool>,
    /// Columns that two rows want; in the end those that need more than second choices.
    contested: Vec<usize>,
    /// The rows, by their place in `pairs`, that want a contested column.
    wanting: Vec<Wanting>,
    group: Group,
    solver: Solver,
}

impl Matcher {
    /// The pairs, by row, of the assignment that maximises the summed weight among allowed pairs.
    ///
    /// ```
    /// use rust_rewards::matching::{Edges, Matcher};
    /// let edges = Edges::of_matrix(&[0.9, 0.8, 0.8, 0.0], 2, 0.0);
    /// assert_eq!(Matcher::default().assign(&edges), [(0, 1, 0.8), (1, 0, 0.8)]);
    /// ```
    pub fn assign(&mut self, edges: &Edges) -> &[Pair] {
        self.take_best(edges);
        if self.contested.is_empty() {
            return &self.pairs; // Each row has its best column: nothing can be better.
        }
        self.settle(edges);
        if self.contested.is_empty() {
            return &self.pairs;
        }
        self.group.reset(edges);
        for &column in &self.contested {
            if self.group.gather(column, &edges.pairs) {
                let group = &self.group;
                self.pairs.retain(|&(row, ..)| !group.row_is_known[row]);
                self.solver.solve(edges, group, &mut self.pairs);
                self.group.close();
            }
        }
        self.pairs.sort_unstable_by_key(|&(row, ..)| row);
        &self.pairs
    }

    /// Give each contested column to the row that would lose most without it, and the other rows their second best columns.
    ///
    /// All rows but one have to turn away, and each loses at least what its second choice lacks: where these choices are free,
    /// no assignment is better. Where they are not, the column stays contested.
    fn settle(&mut self, edges: &Edges) {
        let mut contested = std::mem::take(&mut self.contested);
        contested.sort_unstable();
        contested.dedup();
        contested.retain(|&column| !self.settle_one(column, edges));
        self.contested = contested;
        self.pairs.retain(|&(_, column, _)| column != NONE);
    }

    /// Settle one column; false where a second choice is taken.
    fn settle_one(&mut self, column: usize, edges: &Edges) -> bool {
        let wanted = self.pairs.iter().enumerate().filter(|(_, pair)| pair.1 == column);
        self.wanting.clear();
        self.wanting.extend(wanted.map(|(place, &pair)| Wanting::new(place, pair, edges)));
        let most = self.wanting.iter().fold(f64::NEG_INFINITY, |most, wanting| most.max(wanting.loss));
        #[expect(clippy::float_cmp, reason = "the greatest is one of them, and the first of them is meant")]
        if let Some(winner) = self.wanting.iter().position(|wanting| wanting.loss == most) {
            self.wanting.remove(winner);
        }
        for wanting in &self.wanting {
            let next = wanting.next;
            if next.1 != NONE && std::mem::replace(&mut self.taken[next.1], true) {
                return false;
            }
            self.pairs[wanting.place] = next;
        }
        true
    }

    /// The pairs, by row, that a greedy matcher takes: of all allowed pairs whose row and column are free, again and again the one of
    /// greatest weight; among equals the first row, then the first column.
    ///
    /// ```
    /// use rust_rewards::matching::{Edges, Matcher};
    /// let edges = Edges::of_matrix(&[0.9, 0.8, 0.8, 0.0], 2, 0.0);
    /// assert_eq!(Matcher::default().greedy(&edges), [(0, 0, 0.9)]);
    /// ```
    pub fn greedy(&mut self, edges: &Edges) -> &[Pair] {
        let mut ranked = edges.pairs.clone();
        ranked.sort_by(|a, b| b.2.total_cmp(&a.2)); // stable, and the pairs come by row and column
        let (mut rows, mut columns) = (vec![false; edges.rows], vec![false; edges.columns]);
        self.pairs.clear();
        for (row, column, weight) in ranked {
            if !rows[row] && !columns[column] {
                (rows[row], columns[column]) = (true, true);
                self.pairs.push((row, column, weight));
            }
        }
        self.pairs.sort_unstable_by_key(|&(row, ..)| row);
        &self.pairs
    }

    /// Give each row its best column, and note which columns two rows want.
    fn take_best(&mut self, edges: &Edges) {
        self.pairs.clear();
        self.pairs.resize(edges.pairs.len(), (NONE, NONE, 0.0));
        let (mut count, mut latest) = (0, NONE);
        for &(row, column, weight) in &edges.pairs {
            count += usize::from(row != latest);
            latest = row;
            let best = &mut self.pairs[count - 1];
            let is_better = weight > best.2; // Selected rather than branched on: it is a coin toss.
            *best = (row, if is_better { column } else { best.1 }, if is_better { weight } else { best.2 });
        }
        self.pairs.truncate(count);
        self.contested.clear();
        refill(&mut self.taken, edges.columns, false);
        for &(_, column, _) in &self.pairs {
            if std::mem::replace(&mut self.taken[column], true) {
                self.contested.push(column);
            }
        }
    }
}

/// A row that wants a contested column.
#[derive(Clone, Copy, Debug)]
struct Wanting {
    place: usize,
    /// The row with its second best column, or with none.
    next: Pair,
    loss: f64,
}

impl Wanting {
    fn new(place: usize, (row, column, weight): Pair, edges: &Edges) -> Self {
        let start = edges.pairs.partition_point(|pair| pair.0 < row);
        let own = edges.pairs[start..].iter().take_while(|pair| pair.0 == row);
        let mut next = (row, NONE, 0.0);
        for &pair in own.filter(|pair| pair.1 != column) {
            if pair.2 > next.2 {
                next = pair;
            }
        }
        Self { place, next, loss: weight - next.2 }
    }
}

/// Rows and columns that are linked by allowed pairs.
#[derive(Debug, Default)]
struct Group {
    rows: Vec<usize>,
    columns: Vec<usize>,
    row_is_known: Vec<bool>,
    column_is_known: Vec<bool>,
    /// Columns of the groups before.
    column_is_done: Vec<bool>,
    /// Where each row and each column stands in its group.
    row_places: Vec<usize>,
    column_places: Vec<usize>,
}

impl Group {
    fn reset(&mut self, edges: &Edges) {
        refill(&mut self.row_is_known, edges.rows, false);
        refill(&mut self.row_places, edges.rows, 0);
        refill(&mut self.column_is_known, edges.columns, false);
        refill(&mut self.column_is_done, edges.columns, false);
        refill(&mut self.column_places, edges.columns, 0);
    }

    /// Gather the group of a column; false where it was gathered before.
    fn gather(&mut self, column: usize, edges: &[Pair]) -> bool {
        if self.column_is_done[column] {
            return false;
        }
        self.column_is_known[column] = true;
        let (mut known, mut before) = (1, 0);
        // Few rounds see something new, as boxes overlap in clumps; a round has no branch.
        while known > before {
            before = known;
            for &(row, column, _) in edges {
                self.row_is_known[row] |= self.column_is_known[column];
            }
            for &(row, column, _) in edges {
                self.column_is_known[column] |= self.row_is_known[row];
            }
            known = self.column_is_known.iter().map(|&is_known| usize::from(is_known)).sum();
        }
        list(&self.row_is_known, &mut self.rows, &mut self.row_places);
        list(&self.column_is_known, &mut self.columns, &mut self.column_places);
        true
    }

    /// Forget the group, and remember its columns as done.
    fn close(&mut self) {
        for &row in &self.rows {
            self.row_is_known[row] = false;
        }
        for &column in &self.columns {
            self.column_is_known[column] = false;
            self.column_is_done[column] = true;
        }
    }

    fn rows_are_sources(&self) -> bool {
        self.rows.len() <= self.columns.len()
    }

    /// The row and the column of a source and a sink, with a weight.
    fn pair(&self, source: usize, sink: usize, weight: f64) -> Pair {
        let (row, column) = if self.rows_are_sources() { (source, sink) } else { (sink, source) };
        (self.rows[row], self.columns[column], weight)
    }
}

/// List the members that are marked, and the place of each in that list.
fn list(marked: &[bool], members: &mut Vec<usize>, places: &mut [usize]) {
    members.clear();
    for (member, _) in marked.iter().enumerate().filter(|&(_, &is_marked)| is_marked) {
        places[member] = members.len();
        members.push(member);
    }
}

/// Solves one group, its shorter side as sources: by shortest augmenting paths, or at sight where it has two at most.
#[derive(Debug, Default)]
struct Solver {
    /// Weights by source and sink, 0 where the pair is not allowed.
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
    fn solve(&mut self, edges: &Edges, group: &Group, pairs: &mut Vec<Pair>) {
        self.load(edges, group);
        let sinks = self.sinks;
        match self.gains.len() / sinks {
            1 => {
                self.sink_of.clear();
                self.sink_of.push(two_greatest(&self.gains).0);
            }
            2 => self.assign_two(),
            sources => self.assign(sources, sinks),
        }
        for (source, &sink) in self.sink_of.iter().enumerate() {
            let weight = self.gains[source * sinks + sink];
            if weight > 0.0 {
                pairs.push(group.pair(source, sink, weight));
            }
        }
    }

    fn load(&mut self, edges: &Edges, group: &Group) {
        let (rows, columns) = (group.rows.len(), group.columns.len());
        refill(&mut self.gains, rows * columns, 0.0);
        self.sinks = rows.max(columns);
        let (by_row, by_column) = if group.rows_are_sources() { (columns, 1) } else { (1, rows) };
        for &(row, column, weight) in edges.pairs.iter().filter(|&&(row, ..)| group.row_is_known[row]) {
            self.gains[group.row_places[row] * by_row + group.column_places[column] * by_column] = weight;
        }
    }

    /// Two sources: each gets its best sink, or where that is the same one, the cheaper of the two turns to its second.
    fn assign_two(&mut self) {
        let (one, other) = self.gains.split_at(self.sinks);
        let ((a, a_next), (b, b_next)) = (two_greatest(one), two_greatest(other));
        let best = match a == b {
            false => [a, b],
            true if one[a] + other[b_next] >= one[a_next] + other[b] => [a, b_next],
            true => [a_next, b],
        };
        self.sink_of.clear();
        self.sink_of.extend(best);
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

/// Places of the greatest and the next greatest value, the first among equals; both 0 where there is one.
fn two_greatest(values: &[f64]) -> (usize, usize) {
    let (mut first, mut second) = (0, usize::from(values.len() > 1));
    for place in 1..values.len() {
        if values[place] > values[first] {
            (first, second) = (place, first);
        } else if place != second && values[place] > values[second] {
            second = place;
        }
    }
    (first, second)
}

fn refill<T: Clone>(buffer: &mut Vec<T>, len: usize, value: T) {
    buffer.clear();
    buffer.resize(len, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(values: &[f64], columns: usize, least: f64) -> Vec<(usize, usize)> {
        let edges = Edges::of_matrix(values, columns, least);
        Matcher::default().assign(&edges).iter().map(|&(row, column, _)| (row, column)).collect()
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
    fn two_greatest_of_some() {
        for (values, expected) in
            [(&[5.0][..], (0, 0)), (&[1.0, 2.0], (1, 0)), (&[2.0, 1.0, 2.0], (0, 2)), (&[1.0, 3.0, 2.0, 3.0], (1, 3))]
        {
            assert_eq!(two_greatest(values), expected);
        }
    }

    #[test]
    fn who_would_lose_most_keeps_a_contested_column() {
        // The first row has a second choice that nobody wants, the second row has none.
        assert_eq!(pairs(&[0.9, 0.8, 0.0, 0.7, 0.0, 0.0, 0.0, 0.0, 0.4], 3, 0.0), [(0, 1), (1, 0), (2, 2)]);
        // Who has no other column is left without; among equals the first row keeps it.
        assert_eq!(pairs(&[0.6, 0.6, 0.5], 1, 0.0), [(0, 0)]);
        // Both columns are contested, and both second choices are taken: the group is solved.
        assert_eq!(pairs(&[0.9, 0.8, 0.8, 0.7, 0.6, 0.7, 0.5, 0.6], 2, 0.0).len(), 2);
        // Two rows turn to the same second column.
        assert_eq!(pairs(&[0.8, 0.5, 0.9, 0.6, 0.9, 0.1], 2, 0.0), [(1, 1), (2, 0)]);
    }

    #[test]
    fn groups_are_solved_apart() {
        let values =
            [0.9, 0.8, 0.0, 0.0, 0.7, 0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.5, 0.0, 0.0, 0.0, 0.6, 0.0, 0.0, 0.0, 0.4];
        assert_eq!(pairs(&values, 4, 0.0), [(0, 1), (1, 0), (2, 2), (3, 3)]);
    }

    #[test]
    fn more_rows_than_columns() {
        assert_eq!(pairs(&[0.5, 0.1, 0.6, 0.5, 0.7, 0.4], 2, 0.0), [(1, 1), (2, 0)]);
    }
}
