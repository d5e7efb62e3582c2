//go:build darwin || seatbelt_fake

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/plans"
)

var runChecks = map[string]check{
	"first-suite": checkFirstSuite,
	"expected":    checkExpected,
	"model":       checkModel,
}

const firstSuite = "runtime-checks"

// resultFile is what the checks of one run leave each other, in the shared folder.
const resultFile = "result.json"

// left is what a run leaves for the checks after it.
type left struct {
	Result   *harness.Result
	Failures []string
}

// runSuite runs the plan that is part of this program.
func runSuite() (*harness.Result, error) {
	src := filepath.Join(shared, "plan")
	data, err := fs.Sub(plans.FS, firstSuite)
	if err == nil {
		err = os.CopyFS(src, data)
	}
	if err != nil {
		return nil, unchecked("%v", err)
	}
	c, err := harness.CompilePlan(harness.Source{Root: src}, filepath.Join(src, "plan.json"))
	if err != nil {
		return nil, unchecked("%v", err)
	}
	res, err := harness.RunCompiled(context.Background(), c, harness.Params{
		Out: filepath.Join(shared, "out"), Channel: harness.ChannelSpec{Name: harness.ChannelLaunchdClean},
	})
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(left{res, res.Failures})
	if err == nil {
		err = os.WriteFile(filepath.Join(shared, resultFile), text, 0o600)
	}
	return res, err
}

func checkFirstSuite() (string, error) {
	res, err := runSuite()
	if err != nil {
		return "", err
	}
	scenario := res.Counts[harness.LaneScenario]
	saw := fmt.Sprintf("run %s of %d scenarios, %d run, %d skipped", res.Status, scenario.Planned, scenario.Run, scenario.Skipped)
	var against []string
	if !res.Promotable {
		against = append(against, "not promotable: "+strings.Join(res.Reasons, ", "))
	}
	for _, why := range []string{res.Error, res.Unavailable} {
		if why != "" {
			against = append(against, why)
		}
	}
	for _, s := range res.Skips {
		against = append(against, fmt.Sprintf("%+v", s))
	}
	switch v, err := harness.ValidateBundleDeep(res.RunDir); {
	case err != nil:
		against = append(against, err.Error())
	case !v.OK():
		against = append(against, fmt.Sprintf("the bundle is not whole: %+v", v))
	}
	if against != nil {
		return "", errors.New(strings.Join(append([]string{saw}, against...), "; "))
	}
	return saw + ", promotable", nil
}

// lastRun is what the check of the run has left.
func lastRun() (*left, error) {
	var l left
	text, err := os.ReadFile(filepath.Join(shared, resultFile))
	if err == nil {
		err = json.Unmarshal(text, &l)
	}
	switch {
	case err != nil:
		return nil, unchecked("first-suite left no result: %v", err)
	case l.Result.Counts[harness.LaneScenario].Run == 0:
		return nil, unchecked("no scenario of it was observed: %s", l.Result.Unavailable)
	}
	return &l, nil
}

func checkExpected() (string, error) {
	l, err := lastRun()
	switch {
	case err != nil:
		return "", err
	case len(l.Failures) > 0 || len(l.Result.Contradictions) > 0:
		return "", errors.New(strings.Join(append(l.Failures, l.Result.Contradictions...), "; "))
	}
	return fmt.Sprintf("%d scenarios", l.Result.Counts[harness.LaneScenario].Run), nil
}

func checkModel() (string, error) {
	l, err := lastRun()
	if err != nil {
		return "", err
	}
	a := l.Result.OracleAgreement
	switch {
	case a == nil || a.Compared == 0:
		return "", unchecked("nothing could be compared")
	case len(l.Result.Disagreements) > 0:
		var list []string
		for _, d := range l.Result.Disagreements {
			list = append(list, d.ExpectationID+": "+d.Detail)
		}
		return "", fmt.Errorf("%d of %d: %s", a.Same, a.Compared, strings.Join(list, "; "))
	}
	return fmt.Sprintf("%d of %d", a.Same, a.Compared), nil
}
