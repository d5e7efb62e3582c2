package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newListOperationsCommand() *cobra.Command {
	var mode string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list-operations [--mode landlock|sbpl]",
		Short: "List what a probe can attempt",
		Long: `List-operations prints every operation a probe can name with its id in the
vocabulary of its system, every value of the probe's "syscall" field, the system
calls that makes, what its target names, and the errno with which Landlock denies
it ("-": Landlock does not mediate it). The JSON form adds what a fixture must
provide, the rights the call may be denied for, and what an author must know.

With --mode sbpl it prints the operations of macOS that a probe under a Seatbelt
profile can name, with the drivers and calls that attempt them.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 listed; 2 bad usage.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch mode {
			case harness.ModeLandlock:
				ways := harness.Operations()
				return show(cmd, asJSON, ways, func(w io.Writer) error { return printOperations(w, ways) })
			case harness.ModeSBPL:
				ways := harness.SeatbeltOperations()
				return show(cmd, asJSON, ways, func(w io.Writer) error { return printSeatbelt(w, ways) })
			}
			return &usageError{fmt.Errorf("unknown mode %q, use landlock or sbpl", mode)}
		},
	}
	cmd.Flags().StringVar(&mode, "mode", harness.ModeLandlock, "`mode` of the profiles the probes are for: landlock or sbpl")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func printOperations(w io.Writer, ways []harness.OperationWay) error {
	t := newTable(w, "OPERATION", "ID", "SYSCALL", "TARGET", "DENIED", "CALLS")
	for _, o := range ways {
		t.cells(once(o.Operation, o.Default), once(strconv.Itoa(o.OpID), o.Default), o.Syscall, o.Target, cell(strings.Join(o.Denied, ", ")), o.Calls)
	}
	return t.end()
}

func printSeatbelt(w io.Writer, ways []harness.SeatbeltWay) error {
	t := newTable(w, "OPERATION", "ID", "DRIVER", "SYSCALL", "TARGET", "SUMMARY")
	for _, o := range ways {
		t.cells(once(o.Operation, o.Default), once(strconv.Itoa(o.OpID), o.Default), cell(o.Driver), o.Syscall, o.Target, once(o.Summary, o.Default))
	}
	return t.end()
}

// once is what is said of an operation in the first of its rows.
func once(text string, first bool) string {
	if first {
		return text
	}
	return ""
}
