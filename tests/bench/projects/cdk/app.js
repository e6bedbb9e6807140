// As many stacks as BENCH_STACKS says, each with what every other program makes too.
const cdk = require('aws-cdk-lib');
const sns = require('aws-cdk-lib/aws-sns');
const logs = require('aws-cdk-lib/aws-logs');
const ssm = require('aws-cdk-lib/aws-ssm');

class Small extends cdk.Stack {
  constructor(scope, name) {
    // Without a bootstrap stack, as the others need none.
    super(scope, name, { stackName: name, synthesizer: new cdk.LegacyStackSynthesizer() });
    const topic = new sns.CfnTopic(this, 'Topic');
    new logs.CfnLogGroup(this, 'LogGroup', { retentionInDays: 14 });
    new ssm.CfnParameter(this, 'Parameter', { type: 'String', value: topic.ref });
    new cdk.CfnOutput(this, 'TopicArn', { value: topic.ref });
  }
}

const app = new cdk.App({ analyticsReporting: false });
const count = Number(process.env.BENCH_STACKS || '1');
for (let number = 0; number < count; number += 1) {
  const name = process.env.BENCH_NAME || 'bench';
  new Small(app, count === 1 ? name : `${name}-stack-${number}`);
}
