package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const scriptPrefix = "resource.customizations.health."

// Argo CD ends a script after so long.
const scriptLimit = time.Second

// What Argo CD takes for a health; anything else becomes Unknown.
var healths = map[string]bool{"Healthy": true, "Progressing": true, "Suspended": true, "Degraded": true, "Missing": true, "Unknown": true}

// Health scripts by key of the ConfigMap.
type scripts map[string]string

// readScripts reads a ConfigMap, and holds its scripts against the files they were made of.
func readScripts(path string) (scripts, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var config struct {
		Data map[string]string `json:"data"`
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.lua"))
	if err != nil {
		return nil, err
	}
	if len(files) != len(config.Data) {
		return nil, fmt.Errorf("%s has %d scripts, and beside it are %d", path, len(config.Data), len(files))
	}
	for _, file := range files {
		script, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		kind := filepath.Base(file[:len(file)-len(".lua")])
		if config.Data[scriptPrefix+"dst-load.dev_"+kind] != string(script) {
			return nil, fmt.Errorf("%s: its script for %s is not that of %s", path, kind, file)
		}
	}
	return config.Data, nil
}

// health runs the object's script with what Argo CD gives a script of its configuration: the base and table libraries,
// the object in "obj", and a second. (Its few functions of os are left out.) A health other than Healthy must have a
// message for people.
func (s scripts) health(object *unstructured.Unstructured) (string, error) {
	kind := object.GroupVersionKind()
	script, found := s[scriptPrefix+kind.Group+"_"+kind.Kind]
	if !found {
		return "", fmt.Errorf("no script for %s", kind)
	}
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			return "", err
		}
	}
	limited, cancel := context.WithTimeout(context.Background(), scriptLimit)
	defer cancel()
	state.SetContext(limited)
	state.SetGlobal("obj", luaValue(state, object.Object))
	if err := state.DoString(script); err != nil {
		return "", err
	}
	answer, isTable := state.Get(-1).(*lua.LTable)
	if !isTable {
		return "", fmt.Errorf("returned a %s", state.Get(-1).Type())
	}
	status, message := answer.RawGetString("status").String(), answer.RawGetString("message")
	if !healths[status] {
		return "", fmt.Errorf("%q is no health", status)
	}
	if message.Type() != lua.LTString || (message.String() == "" && status != "Healthy") {
		return "", fmt.Errorf("%s without a message", status)
	}
	return status, nil
}

func luaValue(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case int64:
		return lua.LNumber(value)
	case float64:
		return lua.LNumber(value)
	case string:
		return lua.LString(value)
	case []any:
		table := state.NewTable()
		for _, item := range value {
			table.Append(luaValue(state, item))
		}
		return table
	case map[string]any:
		table := state.NewTable()
		for name, member := range value {
			table.RawSetString(name, luaValue(state, member))
		}
		return table
	}
	return lua.LNil
}
