// Drives a router with go-routeros, an API client that knows nothing of Fairlead.
//
// Usage: go-routeros-client ADDRESS USER PASSWORD STORY
// Tells what it found as lines of JSON; the story "talk" says "listening" when a change of an interface may happen.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/go-routeros/routeros/v3/proto"
)

// The client enters a tag into its table only after the command is sent, so that a reply within microseconds would be
// nobody's. Over a network there is none.
type distantConn struct{ net.Conn }

func (c distantConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	time.Sleep(2 * time.Millisecond)
	return n, err
}

func tell(key string, value any) {
	line, err := json.Marshal(map[string]any{key: value})
	check(err)
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func logIn(address, user, password string) (*routeros.Client, error) {
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	check(err)
	client, err := routeros.NewClient(distantConn{conn})
	check(err)
	return client, client.Login(user, password)
}

func column(reply *routeros.Reply, key string) []string {
	values := []string{}
	for _, sentence := range reply.Re {
		values = append(values, sentence.Map[key])
	}
	return values
}

// tags runs several commands at once, many times over, and tells each distinct answer that each of them got.
func tags(client *routeros.Client) {
	commands := [][]string{
		{"/interface/print", "=.proplist=name"},
		{"/system/identity/print", "=.proplist=name"},
		{"/routing/table/print", "?name=ISP2_Route", "=.proplist=name"},
		{"/tool/traffic-monitor/print"},
	}
	var lock sync.Mutex
	var wait sync.WaitGroup
	answers := map[string]map[string]int{}
	for round := 0; round < 5; round++ {
		for _, command := range commands {
			wait.Add(1)
			go func(words []string) {
				defer wait.Done()
				reply, err := client.RunArgs(words)
				answer := text(err)
				if err == nil {
					answer = fmt.Sprint(column(reply, "name"))
				}
				lock.Lock()
				defer lock.Unlock()
				if answers[words[0]] == nil {
					answers[words[0]] = map[string]int{}
				}
				answers[words[0]][answer]++
			}(command)
		}
	}
	wait.Wait()
	tell("tags", answers)
}

// until reads rows until one is enough, then cancels, and tells how the command ended.
func until(client *routeros.Client, key string, listen *routeros.ListenReply, enough func(*proto.Sentence) bool) {
	rows := []map[string]string{}
	for sentence := range listen.Chan() {
		rows = append(rows, sentence.Map)
		if enough(sentence) {
			break
		}
	}
	_, err := listen.Cancel()
	check(err)
	for range listen.Chan() {
	}
	tell(key, map[string]any{
		"rows":  rows,
		"end":   listen.Done.Word,
		"why":   listen.Done.Map["message"],
		"error": text(listen.Err()),
	})
}

func talk(client *routeros.Client) {
	failed := client.Async()
	tags(client)

	listen, err := client.Listen("/interface/listen", "=.proplist=name,running")
	check(err)
	_, err = client.Run("/system/identity/print")
	check(err)
	tell("listening", true)
	until(client, "listen", listen, func(*proto.Sentence) bool { return true })

	monitor, err := client.Listen("/interface/monitor-traffic", "=interface=ether1,bridge-lan")
	check(err)
	seen := 0
	until(client, "monitor", monitor, func(*proto.Sentence) bool { seen++; return seen == 4 })

	_, err = client.Run("/no/such/menu/print")
	tell("badMenu", text(err))
	reply, err := client.Run("/ping", "=address=198.51.100.1", "=count=2", "=interval=0.1")
	if err != nil {
		tell("ping", text(err))
	} else {
		tell("ping", column(reply, "received"))
	}
	check(client.Close())
	for err := range failed {
		check(err)
	}
}

// An item of each menu that comes and goes: its properties, and one of them that changes.
var menus = []struct {
	path string
	add  []string
	set  string
}{
	{"/tool/netwatch", []string{"host=192.0.2.1"}, "comment=changed"},
	{"/system/scheduler", []string{"name=nightly"}, "interval=2d"},
	{"/system/script", []string{"name=note"}, "source=:log info y"},
	{"/ip/firewall/address-list", []string{"list=LAN", "address=192.0.2.0/24"}, "list=WAN"},
	{"/ip/firewall/mangle", []string{"chain=forward", "action=accept"}, "comment=x"},
	{"/ip/route", []string{"dst-address=192.0.2.0/24", "gateway=198.51.100.1"}, "distance=9"},
}

// sentence is a command with each of these properties as attribute ("=") or as query ("?").
func sentence(command, kind string, properties ...string) []string {
	words := []string{command}
	for _, property := range properties {
		words = append(words, kind+property)
	}
	return words
}

// edit tells of each menu how many items it finds by what was added, what was changed, and after the item is removed.
func edit(client *routeros.Client) {
	run := func(words []string) *routeros.Reply {
		reply, err := client.RunArgs(words)
		check(err)
		return reply
	}
	found := map[string][]int{}
	for _, menu := range menus {
		count := func(properties ...string) {
			reply := run(sentence(menu.path+"/print", "?", properties...))
			found[menu.path] = append(found[menu.path], len(reply.Re))
		}
		id := ".id=" + run(sentence(menu.path+"/add", "=", menu.add...)).Done.Map["ret"]
		count(menu.add...)
		run(sentence(menu.path+"/set", "=", id, menu.set))
		count(menu.set)
		run(sentence(menu.path+"/remove", "=", id))
		count(menu.set)
	}
	tell("edited", found)
}

func main() {
	address, user, password, story := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	_, err := logIn(address, user, "wrong")
	tell("badPassword", text(err))
	client, err := logIn(address, user, password)
	check(err)
	if story == "talk" {
		talk(client)
		return
	}
	if story == "edit" {
		edit(client)
		return
	}
	reply, err := client.Run("/system/resource/print", "=.proplist=version")
	check(err)
	tell("version", column(reply, "version"))
}
