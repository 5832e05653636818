// Reads an SNMP agent by gosnmp, the library that Telegraf reads SNMP by, and prints what an answer costs:
// gosnmp-reader PORT get|walk TIMES OID... as {"readMicros":N,"decodeMicros":N} a PDU. Decoding makes of an answer what Telegraf
// makes of it: named fields of a row, as line protocol.
package main

import (
	"encoding/json"
	"log"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gosnmp/gosnmp"
)

const repetitions = 24

func main() {
	port, err := strconv.Atoi(os.Args[1])
	check(err)
	times, err := strconv.Atoi(os.Args[3])
	check(err)
	agent := &gosnmp.GoSNMP{
		Target: "127.0.0.1", Port: uint16(port), Community: "public", Version: gosnmp.Version2c,
		Timeout: 5 * time.Second, Retries: 1, MaxRepetitions: repetitions, MaxOids: 60,
	}
	check(agent.Connect())
	defer agent.Conn.Close()
	oids := os.Args[4:]
	read := func() ([]gosnmp.SnmpPDU, int) { return get(agent, oids) }
	if os.Args[2] == "walk" {
		read = func() ([]gosnmp.SnmpPDU, int) { return walk(agent, oids[0]) }
	}
	measure(read, decode, times/10)
	reading := measure(read, func([]gosnmp.SnmpPDU) {}, times)
	both := measure(read, decode, times)
	check(json.NewEncoder(os.Stdout).Encode(map[string]float64{
		"readMicros": reading, "decodeMicros": both,
	}))
}

func get(agent *gosnmp.GoSNMP, oids []string) ([]gosnmp.SnmpPDU, int) {
	answer, err := agent.Get(oids)
	check(err)
	return answer.Variables, 1
}

func walk(agent *gosnmp.GoSNMP, root string) ([]gosnmp.SnmpPDU, int) {
	var all []gosnmp.SnmpPDU
	next := root
	for pdus := 1; ; pdus++ {
		answer, err := agent.GetBulk([]string{next}, 0, repetitions)
		check(err)
		for _, pdu := range answer.Variables {
			if pdu.Type == gosnmp.EndOfMibView || !strings.HasPrefix(pdu.Name, "."+root+".") {
				return all, pdus
			}
			all = append(all, pdu)
			next = pdu.Name[1:]
		}
	}
}

var line strings.Builder

// decode sorts the values into rows by the last arc and writes a line for each row.
func decode(variables []gosnmp.SnmpPDU) {
	rows := map[string]map[string]any{}
	for _, pdu := range variables {
		at := strings.LastIndexByte(pdu.Name, '.')
		column, index := pdu.Name[:at], pdu.Name[at+1:]
		if rows[index] == nil {
			rows[index] = map[string]any{}
		}
		switch value := pdu.Value.(type) {
		case []byte:
			rows[index][column] = string(value)
		case nil:
		default:
			rows[index][column] = gosnmp.ToBigInt(value).Uint64()
		}
	}
	line.Reset()
	for index, fields := range rows {
		line.WriteString("interface,index=" + index + " ")
		for name, value := range fields {
			line.WriteString(name)
			line.WriteByte('=')
			switch value := value.(type) {
			case string:
				line.WriteString(strconv.Quote(value))
			case uint64:
				line.WriteString(strconv.FormatUint(value, 10))
			}
			line.WriteByte(',')
		}
		line.WriteByte('\n')
	}
}

// measure gives the processor microseconds of a PDU.
func measure(read func() ([]gosnmp.SnmpPDU, int), use func([]gosnmp.SnmpPDU), times int) float64 {
	before, pdus := processorTime(), 0
	for i := 0; i < times; i++ {
		variables, count := read()
		pdus += count
		use(variables)
	}
	return float64((processorTime() - before).Microseconds()) / float64(max(pdus, 1))
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
