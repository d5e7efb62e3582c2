package normalize

import "github.com/rtgen/rtgen/harness/bundle/artifact"

// baselineIndex finds a scenario's baseline row. Of rows that answer to one
// name, the last counts.
type baselineIndex struct {
	rows     []artifact.BaselineRow
	byProbe  map[[2]string]*artifact.BaselineRow
	byTarget map[[3]string]*artifact.BaselineRow
}

func indexBaseline(rows []artifact.BaselineRow) baselineIndex {
	index := baselineIndex{
		rows:     rows,
		byProbe:  make(map[[2]string]*artifact.BaselineRow, len(rows)),
		byTarget: make(map[[3]string]*artifact.BaselineRow, len(rows)),
	}
	for i := range rows {
		row := &rows[i]
		index.byProbe[[2]string{row.ProfileID, row.ProbeName}] = row
		index.byTarget[[3]string{row.ProfileID, row.Operation, row.Target}] = row
	}
	return index
}

func (x *baselineIndex) find(profileID, name, operation, target string) *artifact.BaselineRow {
	if row := x.byProbe[[2]string{profileID, name}]; row != nil {
		return row
	}
	return x.byTarget[[3]string{profileID, operation, target}]
}
